// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/result.hpp"
#include "runtime/cli/chat/conversation.hpp"

namespace nexus::llm::cli {

/// The options of the requests of a conversation, by the names of Ollama's options and of the
/// command line (`max-tokens` or `max_tokens` is `num_predict`). Not thread-safe.
class ChatSettings {
public:
  explicit ChatSettings(GenerateOptions options) : base_{std::move(options)}, options_{base_} {}

  /// The options for the next request.
  [[nodiscard]] GenerateOptions& options() noexcept { return options_; }
  [[nodiscard]] const GenerateOptions& options() const noexcept { return options_; }

  /// Returns all names that `set` takes.
  [[nodiscard]] static std::vector<std::string_view> names();

  /// Sets an option; the value `default` brings that of the command line back. Leaves everything
  /// as it is on failure.
  /// Errors: `invalid_option` for an unknown name, with the nearest, and for a wrong value.
  [[nodiscard]] Result<void> set(std::string_view name, std::string_view value);
  /// Returns the value in force, or `default`.
  /// Errors: `invalid_option` for an unknown name.
  [[nodiscard]] Result<std::string> value(std::string_view name) const;
  /// Returns all options that are in force, whether from the command line or set.
  [[nodiscard]] std::vector<ChatOption> in_force() const;
  /// Returns the options that were set, for a conversation that is kept.
  [[nodiscard]] const std::vector<ChatOption>& changed() const noexcept { return changed_; }
  /// Replaces all options that were set.
  /// Errors: as `set`; then nothing is changed.
  [[nodiscard]] Result<void> replace(const std::vector<ChatOption>& changed);

  /// Returns `num_ctx` of the options; 0 if it is not among them.
  [[nodiscard]] std::uint64_t window() const;

private:
  GenerateOptions base_; ///< from the command line
  GenerateOptions options_;
  std::vector<ChatOption> changed_;
};

} // namespace nexus::llm::cli
