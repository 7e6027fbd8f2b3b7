// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm {

/// Loads and saves the settings of a running system. Functions may block on disk I/O. Not
/// thread-safe: used by one thread at a time.
class ConfigStore {
public:
  virtual ~ConfigStore() = default;

  /// Returns the stored settings with the overrides applied.
  [[nodiscard]] virtual Result<LLMClientConfig> load() = 0;
  /// Saves the settings and returns the settings that are active afterwards.
  [[nodiscard]] virtual Result<LLMClientConfig> save(const LLMClientConfig& config) = 0;
  /// Applies a JSON merge patch to the `llm` section and returns the active settings.
  [[nodiscard]] virtual Result<LLMClientConfig> update(std::string_view merge_patch) = 0;
  /// Applies the overrides of this process to `config`.
  [[nodiscard]] virtual LLMClientConfig with_overrides(LLMClientConfig config) const {
    return config;
  }
  /// Returns the file to watch for changes by other programs, or `nullopt`.
  [[nodiscard]] virtual std::optional<std::filesystem::path> watched_file() const {
    return std::nullopt;
  }
};

/// Settings from flags and the environment. They take precedence over the file and are never saved.
struct ConfigOverrides {
  std::optional<std::string> base_url;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::uint32_t> max_retries;
  std::optional<std::uint32_t> max_concurrent = {}; ///< `limits.maxConcurrent`

  /// Returns `config` with the overrides applied.
  [[nodiscard]] LLMClientConfig over(LLMClientConfig config) const;
};

/// Creates a store for a file. If the file is missing, the store uses the settings it read last,
/// initially the defaults, and the next save creates the file. Changes by other programs are
/// watched. `warn` is called if a save has to give up a guarantee, such as atomic replacement.
[[nodiscard]] std::unique_ptr<ConfigStore>
make_file_store(std::filesystem::path path, ConfigOverrides overrides = {},
                std::function<void(const std::string& sentence)> warn = {});

/// Wraps a store such that changes by other programs are not watched.
[[nodiscard]] std::unique_ptr<ConfigStore> unwatched(std::unique_ptr<ConfigStore> store);

/// Creates a store in memory, for embedders that provide the settings themselves, and for tests.
[[nodiscard]] std::unique_ptr<ConfigStore> make_memory_store(LLMClientConfig config);

} // namespace nexus::llm
