// What this processor can do beyond its level.
#pragma once

namespace sn {

// True if it has sums of products of bytes (vpdpbusd), for vectors as long as this build's.
bool has_byte_dots();

// True if it multiplies tiles of bytes (AMX), and the system lets this process do so.
bool may_use_tiles();

}  // namespace sn
