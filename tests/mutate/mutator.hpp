// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::mutate {

/// One change of one line.
struct Mutant {
  std::size_t id = 0;
  std::size_t line = 0;
  std::size_t column = 0; ///< of what was changed, from 1
  std::string change;     ///< what was changed, for people
};

struct Mutated {
  std::string text; ///< the source with all mutants; each asks `nexus_mutant(id)` whether it is on
  std::vector<Mutant> mutants;
};

/// Writes mutants into a source that clang-format has formatted: other operators and constants,
/// conditions that always or never hold, and statements that are left out. The ids begin with
/// `first`; those of `dropped` are left out, since they do not compile, and the ids of the others
/// stay. A statement, a condition or an initialiser is repeated once for each of its mutants, on a
/// line of its own, which names the mutant for whoever reads what the compiler says.
[[nodiscard]] Mutated mutate(std::string_view source, std::size_t first,
                             const std::set<std::size_t>& dropped);

} // namespace nexus::mutate
