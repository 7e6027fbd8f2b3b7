// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "tests/bench/figure.hpp"

namespace nexus::llm::bench {

/// Prints a table: a line for each case and quantity, a column for each candidate.
void print(const Figures& figures);

/// Writes the figures as a JSON array.
void write_json(const std::string& file, const Figures& figures);

} // namespace nexus::llm::bench
