// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace nexus::llm::bench {

/// One measured value.
struct Figure {
  std::string case_name;
  std::string candidate; ///< `here`, `libcurl`, or the name of a peer
  std::string quantity;  ///< such as `CPU` or `median`
  std::string unit;      ///< such as `us per line`
  double value = 0;
};

using Figures = std::vector<Figure>;

} // namespace nexus::llm::bench
