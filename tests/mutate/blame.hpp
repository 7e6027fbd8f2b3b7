// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <istream>
#include <set>

namespace nexus::mutate {

/// The ids of the mutants that the output of a compiler complains of. It names files that `mutate`
/// has written, as seen from the current directory.
[[nodiscard]] std::set<std::size_t> blamed(std::istream& output);

} // namespace nexus::mutate
