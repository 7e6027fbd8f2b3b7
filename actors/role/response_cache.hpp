#pragma once

#include <chrono>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/llm_response.hpp"

namespace nexus::llm {

/// Whether the same request gives the same answer: temperature 0 or a seed, set by the request or
/// by the options that it passes through.
[[nodiscard]] bool is_repeatable(const LLMRequest& request);

/// Keeps answers for a time, up to a number of bytes; the least recently used go first. One thread.
class ResponseCache {
public:
  using Time = std::chrono::steady_clock::time_point;

  explicit ResponseCache(const CacheSettings& settings) : settings_{settings} {}

  /// Other bounds; what no longer fits goes.
  void set_settings(const CacheSettings& settings);

  [[nodiscard]] std::optional<LLMResponse> find(const std::string& key, Time now);
  /// Keeps an answer, unless it alone is larger than the cache.
  void insert(std::string key, LLMResponse response, Time now);

  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

private:
  struct Entry {
    std::string key;
    LLMResponse response;
    Time since;
    std::uint64_t bytes = 0;
  };
  using Entries = std::list<Entry>; ///< most recently used first

  void erase(Entries::iterator entry);
  void shrink();

  CacheSettings settings_;
  Entries entries_;
  std::unordered_map<std::string, Entries::iterator> index_;
  std::uint64_t bytes_ = 0;
};

} // namespace nexus::llm
