// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/config_store.hpp"

#include "config/config_file.hpp"
#include "config/config_keys.hpp"
#include "config/config_update.hpp"

namespace nexus::llm {

namespace {

class FileStore : public ConfigStore {
public:
  FileStore(std::filesystem::path path, ConfigOverrides overrides, SaveWarning warn)
      : path_{std::move(path)}, overrides_{std::move(overrides)}, warn_{std::move(warn)} {}

  Result<LLMClientConfig> load() override { return in_force(stored()); }

  Result<LLMClientConfig> save(const LLMClientConfig& config) override {
    // Overrides must not be saved to the file.
    auto wanted = config;
    auto file = stored();
    if (!file)
      return file;
    if (overrides_.base_url && wanted.base_url == *overrides_.base_url)
      wanted.base_url = file->base_url;
    if (overrides_.timeout && wanted.timeout == *overrides_.timeout)
      wanted.timeout = file->timeout;
    if (overrides_.max_retries && wanted.max_retries == *overrides_.max_retries)
      wanted.max_retries = file->max_retries;
    if (overrides_.max_concurrent && wanted.limits.max_concurrent == *overrides_.max_concurrent)
      wanted.limits.max_concurrent = file->limits.max_concurrent;
    if (auto saved = save_config(path_, wanted, warn_); !saved)
      return failure(std::move(saved.error()));
    last_ = wanted;
    return overrides_.over(std::move(wanted));
  }

  Result<LLMClientConfig> update(std::string_view merge_patch) override {
    return in_force(remembered(update_config(path_, merge_patch, warn_)));
  }

  [[nodiscard]] LLMClientConfig with_overrides(LLMClientConfig config) const override {
    return overrides_.over(std::move(config));
  }

  [[nodiscard]] std::optional<std::filesystem::path> watched_file() const override {
    // A user without a home has no file; a pipe cannot be watched: its content does not change.
    if (path_.empty())
      return std::nullopt;
    std::error_code error;
    if (std::filesystem::exists(path_, error) && !std::filesystem::is_regular_file(path_, error))
      return std::nullopt;
    return path_;
  }

private:
  /// Returns the settings in the file, or those read last if the file is missing.
  [[nodiscard]] Result<LLMClientConfig> stored() {
    std::error_code error;
    if (!std::filesystem::exists(path_, error) && !error)
      return last_;
    return remembered(load_config(path_));
  }
  [[nodiscard]] Result<LLMClientConfig> remembered(Result<LLMClientConfig> config) {
    if (config)
      last_ = *config;
    return config;
  }
  [[nodiscard]] Result<LLMClientConfig> in_force(Result<LLMClientConfig> config) const {
    if (!config)
      return config;
    return overrides_.over(std::move(*config));
  }

  std::filesystem::path path_;
  ConfigOverrides overrides_;
  SaveWarning warn_;
  LLMClientConfig last_; ///< settings read or saved last, without overrides
};

class UnwatchedStore : public ConfigStore {
public:
  explicit UnwatchedStore(std::unique_ptr<ConfigStore> store) : store_{std::move(store)} {}

  Result<LLMClientConfig> load() override { return store_->load(); }
  Result<LLMClientConfig> save(const LLMClientConfig& config) override {
    return store_->save(config);
  }
  Result<LLMClientConfig> update(std::string_view merge_patch) override {
    return store_->update(merge_patch);
  }
  [[nodiscard]] LLMClientConfig with_overrides(LLMClientConfig config) const override {
    return store_->with_overrides(std::move(config));
  }

private:
  std::unique_ptr<ConfigStore> store_;
};

class MemoryStore : public ConfigStore {
public:
  explicit MemoryStore(LLMClientConfig config) : config_{std::move(config)} {}

  Result<LLMClientConfig> load() override { return validate(config_); }

  Result<LLMClientConfig> save(const LLMClientConfig& config) override {
    auto valid = validate(config);
    if (valid)
      config_ = *valid;
    return valid;
  }

  Result<LLMClientConfig> update(std::string_view merge_patch) override {
    auto changed = apply_update(config_, merge_patch);
    if (changed)
      config_ = *changed;
    return changed;
  }

private:
  LLMClientConfig config_;
};

} // namespace

LLMClientConfig ConfigOverrides::over(LLMClientConfig config) const {
  if (base_url)
    config.base_url = *base_url;
  if (timeout)
    config.timeout = *timeout;
  if (max_retries)
    config.max_retries = *max_retries;
  if (max_concurrent)
    config.limits.max_concurrent = *max_concurrent;
  return config;
}

std::unique_ptr<ConfigStore> make_file_store(std::filesystem::path path, ConfigOverrides overrides,
                                             SaveWarning warn) {
  return std::make_unique<FileStore>(std::move(path), std::move(overrides), std::move(warn));
}

std::unique_ptr<ConfigStore> unwatched(std::unique_ptr<ConfigStore> store) {
  return std::make_unique<UnwatchedStore>(std::move(store));
}

std::unique_ptr<ConfigStore> make_memory_store(LLMClientConfig config) {
  return std::make_unique<MemoryStore>(std::move(config));
}

} // namespace nexus::llm
