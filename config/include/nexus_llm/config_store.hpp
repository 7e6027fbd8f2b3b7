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

/// Keeps the settings of a running system. May block on a disk; used from one thread at a time.
class ConfigStore {
public:
  virtual ~ConfigStore() = default;

  [[nodiscard]] virtual Result<LLMClientConfig> load() = 0;
  /// Returns the settings in force afterwards.
  [[nodiscard]] virtual Result<LLMClientConfig> save(const LLMClientConfig& config) = 0;
  /// Applies a JSON merge patch to the `llm` section; returns what it says then.
  [[nodiscard]] virtual Result<LLMClientConfig> update(std::string_view merge_patch) = 0;
  /// Puts what stands above the stored settings for this run over others.
  [[nodiscard]] virtual LLMClientConfig with_overrides(LLMClientConfig config) const {
    return config;
  }
  /// The file whose changes by others are to be put in force; nothing where there is none.
  [[nodiscard]] virtual std::optional<std::filesystem::path> watched_file() const {
    return std::nullopt;
  }
};

/// What stands above the file for this run only and is never saved: flags and the environment.
struct ConfigOverrides {
  std::optional<std::string> base_url;
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<std::uint32_t> max_retries;

  /// `config` with the overrides put over it.
  [[nodiscard]] LLMClientConfig over(LLMClientConfig config) const;
};

/// Settings in a file; one that is missing means the defaults, and is made by the first save. What
/// others save there is watched for. `warn` is told what saving had to do without.
[[nodiscard]] std::unique_ptr<ConfigStore>
make_file_store(std::filesystem::path path, ConfigOverrides overrides = {},
                std::function<void(const std::string& sentence)> warn = {});

/// The same settings, but what others save is not watched for.
[[nodiscard]] std::unique_ptr<ConfigStore> unwatched(std::unique_ptr<ConfigStore> store);

/// Settings in memory, for embedders that fill them in themselves, and for tests.
[[nodiscard]] std::unique_ptr<ConfigStore> make_memory_store(LLMClientConfig config);

} // namespace nexus::llm
