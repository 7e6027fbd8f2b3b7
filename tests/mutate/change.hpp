// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/mutate/source.hpp"

namespace nexus::mutate {

/// A change of one token, or of the whole if there is none.
struct Change {
  std::size_t at = Source::none;
  std::string instead;
  std::string told;
};

/// The changes of single tokens of an expression, without those in the bodies of its lambdas.
[[nodiscard]] std::vector<Change> changes_in(const Source& source, std::size_t first,
                                             std::size_t last);
/// The change that leaves a statement out.
[[nodiscard]] Change deletion();
/// Whether a statement can be missing. A `throw` may end a function that has to return something.
[[nodiscard]] bool may_be_left_out(const Source& source, std::size_t first, std::size_t last);

} // namespace nexus::mutate
