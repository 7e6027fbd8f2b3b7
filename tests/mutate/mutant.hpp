// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdlib>
#include <type_traits>

// Every file of a build with mutants includes this before all else (`mutants.cmake`).

namespace nexus::mutants {

/// Whether the mutant is the one that `NEXUS_LLM_MUTANT` chooses. Notes that the run came by it, if
/// `NEXUS_LLM_MUTANT_TRACE` names a file for that, which has a byte for each mutant.
[[nodiscard]] bool is_chosen(std::size_t id) noexcept;

} // namespace nexus::mutants

/// What the initialiser of a constant asks, which is none of the compiler any more.
[[nodiscard]] inline bool running_nexus_mutant(std::size_t id) noexcept {
  return nexus::mutants::is_chosen(id);
}

/// What each other mutated place asks. The compiler sees the code as it was written.
[[nodiscard]] constexpr bool nexus_mutant(std::size_t id) noexcept {
  return std::is_constant_evaluated() ? false : nexus::mutants::is_chosen(id);
}
