// SPDX-License-Identifier: BSD-3-Clause
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

/// Which messages a listener records.
enum class Hears : std::uint8_t {
  everything,
  stream, ///< no progress reports except `restarted`, which voids all previous chunks
};

/// A stream subscriber. Cheap to copy; valid as long as its script; thread of the script only.
class Listener {
public:
  Listener(ScriptCore& core, std::string name, Hears hears, const Where& where);

  /// Expects these messages next, in this order.
  void sees(const std::vector<Pattern>& messages, Where where = Where::here()) const;
  /// Expects that the rest of the stream delivers this text in chunks of any size with consecutive
  /// numbers, and ends successfully with the same text.
  void sees_stream(std::string_view whole_text, Where where = Where::here()) const;
  /// Expects that the rest of the stream delivers chunks with consecutive numbers, and fails with
  /// this error.
  void sees_failure(ErrorCode code, Where where = Where::here()) const;
  /// Expects no further messages.
  void sees_nothing_more(Where where = Where::here()) const;

  /// Stops processing chunks and thus returns no more credit.
  void pauses(Where where = Where::here()) const;
  /// Processes the pending chunks and resumes normal operation.
  void goes_on(Where where = Where::here()) const;
  /// Kills the subscriber.
  void dies(Where where = Where::here()) const;

  /// Returns the actor handle of the subscriber.
  [[nodiscard]] stream_subscriber handle(Where where = Where::here()) const;
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
  /// The contents of a stream, up to and including its end.
  struct Stream {
    std::string id;
    std::string text;
    std::string final_text; ///< of its last chunk
    std::string error;      ///< name of the error code; empty on success
  };
  [[nodiscard]] Stream read_stream(const std::string& expected, const Where& where) const;

  ScriptCore* core_;
  std::string name_;
  Track* track_;
};

} // namespace nexus::llm::testing
