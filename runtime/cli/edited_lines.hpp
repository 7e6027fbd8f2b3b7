// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>

#include "runtime/cli/interrupts.hpp"
#include "runtime/cli/key_decoder.hpp"
#include "runtime/cli/line_editor.hpp"
#include "runtime/cli/line_source.hpp"
#include "runtime/cli/output.hpp"
#include "runtime/cli/raw_terminal.hpp"

namespace nexus::llm::cli {

/// Reads typed or pasted input from a terminal, with a line editor, and reports interrupts while it
/// waits. Input typed between two calls is kept and shown by the next call.
class EditedLines final : public LineSource {
public:
  /// Whether stdin is a terminal, another stream can display the editor, and TERM names a terminal
  /// with cursor addressing.
  [[nodiscard]] static bool possible();

  EditedLines(Interrupts& interrupts, Output& output);

  [[nodiscard]] Event next(std::string_view sign, std::string& line) override;

private:
  /// Returns the next key, or `nullopt` and sets `event`.
  [[nodiscard]] std::optional<Key> next_key(Event& event);
  void show(const std::string& sequence) const;
  [[nodiscard]] ScreenSize screen_size() const;

  Interrupts& interrupts_;
  Output& output_;
  const int display_;
  RawTerminal terminal_;
  KeyDecoder keys_;
  LineEditor editor_;
};

} // namespace nexus::llm::cli
