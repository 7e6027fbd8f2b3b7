#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nexus_llm/interfaces.hpp"
#include "nexus_llm/testing/pattern.hpp"
#include "nexus_llm/testing/where.hpp"

namespace nexus::llm::testing {

class ScriptCore;
struct Track;

/// What a listener keeps of what it hears.
enum class Hears : std::uint8_t {
  everything,
  stream, ///< not how the request fares, but for `restarted`, which makes void what came before
};

/// A subscriber of streams. Cheap to copy; valid as long as its script.
class Listener {
public:
  Listener(ScriptCore& core, std::string name, Hears hears, const Where& where);

  /// The next messages are these, in this order.
  void sees(const std::vector<Pattern>& messages, Where where = Where::here()) const;
  /// The rest of the stream brings this text, in pieces of any size with consecutive numbers, and
  /// one good end with the same text.
  void sees_stream(std::string_view whole_text, Where where = Where::here()) const;
  /// The rest of the stream brings pieces with consecutive numbers, and one bad end.
  void sees_failure(ErrorCode code, Where where = Where::here()) const;
  /// Nothing has come that was not expected.
  void sees_nothing_more(Where where = Where::here()) const;

  /// From now on chunks are not handled: no credit comes back.
  void pauses(Where where = Where::here()) const;
  /// Handles what has waited, and what comes.
  void goes_on(Where where = Where::here()) const;
  void dies(Where where = Where::here()) const;

  [[nodiscard]] stream_subscriber handle(Where where = Where::here()) const;
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
  /// Reads a stream to its end, and that too.
  struct Stream {
    std::string id;
    std::string text;
    std::string final_text; ///< of its good end
    std::string error;      ///< the name of the code; empty for a good end
  };
  [[nodiscard]] Stream read_stream(const std::string& expected, const Where& where) const;

  ScriptCore* core_;
  std::string name_;
  Track* track_;
};

} // namespace nexus::llm::testing
