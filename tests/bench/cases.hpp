// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "tests/bench/figure.hpp"

namespace nexus::llm::bench {

/// Another client of Ollama: a command that takes the address of the server, a prompt and a number
/// of requests, asks that often and reads every chunk.
struct Peer {
  std::string name;
  std::string command;
};

struct Plan {
  int rounds = 5;
  bool smoke = false;    ///< shows that everything works; the figures mean little
  std::string only;      ///< a part of the names of the cases to run
  std::string candidate; ///< the only candidate of each case, for a profiler; empty: all
  std::vector<Peer> peers;
};

/// Runs the cases of a plan.
[[nodiscard]] Figures run(const Plan& plan);

} // namespace nexus::llm::bench
