// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

namespace nexus::llm::test {

/// What became of a kill: of one component, at one moment, in one way.
struct KillOutcome {
  std::string component;
  std::string moment;
  std::string way;
  std::string outcome; ///< what callers saw, in words
  std::string trouble; ///< a broken promise; empty: none
};

/// Kills every component at every moment in every way, several at the same time.
[[nodiscard]] std::vector<KillOutcome> run_kill_matrix();

/// The outcomes as the table of docs/reliability.md.
[[nodiscard]] std::string kill_matrix_table(const std::vector<KillOutcome>& outcomes);

} // namespace nexus::llm::test
