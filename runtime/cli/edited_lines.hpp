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

/// Reads what a person types or pastes at a terminal, with an editor, and notices an interrupt
/// while it waits. What is typed while nobody waits for it is kept, and not shown until then.
class EditedLines final : public LineSource {
public:
  /// Whether stdin is a terminal with another stream to show the editor on, and TERM names one that
  /// can be written to anywhere.
  [[nodiscard]] static bool possible();

  EditedLines(Interrupts& interrupts, Output& output);

  [[nodiscard]] Event next(std::string_view sign, std::string& line) override;

private:
  /// The next key; nothing where `event` says what came instead.
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
