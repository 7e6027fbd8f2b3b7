#pragma once

#include <rapidjson/fwd.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "nexus_llm/errors.hpp"
#include "nexus_llm/stream_messages.hpp"

namespace nexus::llm::testing {

/// What a script expects of a message or a body: JSON that says only what matters.
///
/// Objects fit where each of their members fits, whatever else there is; arrays fit element by
/// element; `"*"` fits everything, `{"$contains": "..."}` a text with that part. Cheap to copy.
class Pattern {
public:
  /// Fits everything.
  Pattern();
  /// From JSON text; a bare word such as `generate` is the text of that word. Throws
  /// `ScriptFailure` where it is neither.
  Pattern(std::string_view text); // NOLINT(google-explicit-constructor): written as literals
  Pattern(const char* text) : Pattern{std::string_view{text}} {}        // NOLINT: likewise
  Pattern(const std::string& text) : Pattern{std::string_view{text}} {} // NOLINT: likewise
  explicit Pattern(const rapidjson::Value& value);

  /// What does not fit, as a path and a reason; nothing where all does.
  [[nodiscard]] std::optional<std::string> mismatch(const rapidjson::Value& actual) const;
  /// The same for a message, the array of its elements. An array stands for the whole message, an
  /// object for its only element, a text for a message that begins with this atom.
  [[nodiscard]] std::optional<std::string>
  mismatch_of_message(const rapidjson::Value& elements) const;

  [[nodiscard]] const rapidjson::Value& value() const;
  [[nodiscard]] std::string text() const;

private:
  std::shared_ptr<const rapidjson::Document> value_;
};

/// A piece of a stream with this text.
[[nodiscard]] Pattern chunk(std::string_view text);
/// The good end of a stream whose whole text is this.
[[nodiscard]] Pattern ending(std::string_view whole_text);
/// The bad end of a stream.
[[nodiscard]] Pattern stream_error(ErrorCode code);
/// News of a request.
[[nodiscard]] Pattern progress(Phase phase);

} // namespace nexus::llm::testing
