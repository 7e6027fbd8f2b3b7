// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "tests/mutate/source.hpp"

/// What the mutator has to know of the grammar of C++.
namespace nexus::mutate {

[[nodiscard]] bool is_one_of(std::string_view text, std::initializer_list<std::string_view> many);

/// The `{` of the lambda that begins at a token, if one does.
[[nodiscard]] std::optional<std::size_t> lambda_body(const Source& source, std::size_t at,
                                                     std::size_t last);
/// The `;` that ends the statement.
[[nodiscard]] std::size_t statement_end(const Source& source, std::size_t at);
/// The first token after the angle brackets that begin at a token.
[[nodiscard]] std::size_t after_angles(const Source& source, std::size_t at);
/// For a declaration: its `=`, or its end where there is none.
[[nodiscard]] std::optional<std::size_t> declared(const Source& source, std::size_t first,
                                                  std::size_t last);

} // namespace nexus::mutate
