#include "core/base/eigen.h"

namespace descent::core {

void FixEigenCacheSizes() {
  Eigen::setCpuCacheSizes(kEigenLevel1Bytes, kEigenLevel2Bytes, kEigenLevel3Bytes);
  Eigen::setNbThreads(1);
}

}  // namespace descent::core
