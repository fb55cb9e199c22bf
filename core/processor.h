// What this processor can do beyond its level.
#pragma once

namespace sn {

// True if it has sums of products of bytes (vpdpbusd), for vectors as long as this build's.
bool has_byte_dots();

}  // namespace sn
