// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nexus_llm/result.hpp"
#include "runtime/cli/embed/embed_command.hpp"
#include "runtime/cli/terminal/line_input.hpp"

namespace nexus::llm::cli {

/// A text to embed, and where it comes from.
struct EmbedText {
  std::string text = {};
  std::string id = {};                    ///< JSON text; empty: none
  std::string file = {};                  ///< empty: the command line
  std::optional<std::uint64_t> line = {}; ///< of the file, if each line is a text
};

/// The texts that the arguments of `embed` name, in their order: those of the command line, then
/// those of the files; stdin where `-` stands, or if nothing else is given. Holds one text at a
/// time. Not thread-safe.
class EmbedInput {
public:
  /// Errors: `invalid_prompt` if nothing is given, or stdin is a terminal.
  [[nodiscard]] static Result<EmbedInput> open(const EmbedArguments& arguments);

  /// Returns the next text; `nullopt` at the end. Errors: `invalid_argument` with the place, also
  /// for an empty text; `cancelled` after an interrupt.
  [[nodiscard]] Result<std::optional<EmbedText>> next();

private:
  struct Source {
    std::string name;
    bool is_text = false; ///< the name itself is the text
  };

  explicit EmbedInput(const EmbedArguments& arguments) : arguments_{arguments} {}
  [[nodiscard]] Result<std::optional<EmbedText>> next_line();

  const EmbedArguments& arguments_;
  std::vector<Source> sources_;
  std::size_t next_ = 0;
  std::string name_; ///< of `input_`
  std::optional<LineInput> input_;
};

} // namespace nexus::llm::cli
