#include "config/config_store.hpp"

#include "config/config_file.hpp"
#include "config/config_keys.hpp"
#include "config/config_update.hpp"

namespace nexus::llm {

namespace {

class FileStore : public ConfigStore {
public:
  FileStore(std::filesystem::path path, ConfigOverrides overrides)
      : path_{std::move(path)}, overrides_{std::move(overrides)} {}

  Result<LLMClientConfig> load() override { return in_force(stored()); }

  Result<LLMClientConfig> save(const LLMClientConfig& config) override {
    // What only holds for this run must not reach the file.
    auto wanted = config;
    auto file = stored();
    if (!file)
      return file;
    if (overrides_.base_url && wanted.base_url == *overrides_.base_url)
      wanted.base_url = file->base_url;
    if (overrides_.timeout && wanted.timeout == *overrides_.timeout)
      wanted.timeout = file->timeout;
    if (auto saved = save_config(path_, wanted); !saved)
      return failure(std::move(saved.error()));
    return overrides_.over(std::move(wanted));
  }

  Result<LLMClientConfig> update(std::string_view merge_patch) override {
    return in_force(update_config(path_, merge_patch));
  }

private:
  /// What the file says; one that is not there says nothing.
  [[nodiscard]] Result<LLMClientConfig> stored() const {
    std::error_code error;
    if (!std::filesystem::exists(path_, error) && !error)
      return LLMClientConfig{};
    return load_config(path_);
  }
  [[nodiscard]] Result<LLMClientConfig> in_force(Result<LLMClientConfig> config) const {
    if (!config)
      return config;
    return overrides_.over(std::move(*config));
  }

  std::filesystem::path path_;
  ConfigOverrides overrides_;
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
  return config;
}

std::unique_ptr<ConfigStore> make_file_store(std::filesystem::path path,
                                             ConfigOverrides overrides) {
  return std::make_unique<FileStore>(std::move(path), std::move(overrides));
}

std::unique_ptr<ConfigStore> make_memory_store(LLMClientConfig config) {
  return std::make_unique<MemoryStore>(std::move(config));
}

} // namespace nexus::llm
