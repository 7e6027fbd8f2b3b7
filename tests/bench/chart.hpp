// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "tests/bench/figure.hpp"

namespace nexus::llm::bench {

/// Draws the CPU time of each case that libcurl alone has done, too, as an SVG file: a bar for each
/// candidate, in multiples of libcurl, on a logarithmic scale.
void write_chart(const std::string& file, const Figures& figures);

} // namespace nexus::llm::bench
