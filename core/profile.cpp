#include "profile.h"

#include "network.h"

extern "C" {

int32_t sn_profile_operations(const sn_network* network) {
  return network ? network->plan.operation_count : 0;
}

int32_t sn_profile_node(const sn_network* network, int32_t operation) {
  const bool known = network && operation >= 0 && operation < network->plan.operation_count;
  return known ? network->plan.operations[operation].node : -1;
}

void sn_profile(sn_network* network, int64_t* times) {
  if (network) network->times = times;
}

}  // extern "C"
