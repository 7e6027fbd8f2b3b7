// SPDX-License-Identifier: BSD-3-Clause
#include "actors/role/response_cache.hpp"

#include "config/json.hpp"

namespace nexus::llm {

namespace {

/// The size of an entry, including its key (stored twice) and bookkeeping.
std::uint64_t cost(const std::string& key, const LLMResponse& response) {
  std::uint64_t bytes = 512 + 2 * key.size() + response.response.size() + response.thinking.size();
  if (response.context)
    bytes += response.context->size() * sizeof(std::uint32_t);
  for (const auto& call : response.tool_calls)
    bytes += sizeof call + call.id.size() + call.name.size() + call.arguments.size();
  return bytes;
}

} // namespace

bool is_repeatable(const LLMRequest& request) {
  auto seed = request.seed;
  auto temperature = request.temperature;
  if (const auto options = json::parse(request.raw_options); options) {
    if (const auto* passed = json::find(*options, "seed"); !seed && passed && passed->IsNumber())
      seed = static_cast<std::int64_t>(passed->GetDouble());
    if (const auto* passed = json::find(*options, "temperature");
        !temperature && passed && passed->IsNumber())
      temperature = passed->GetDouble();
  }
  // -1 makes Ollama choose a random seed.
  return (seed && *seed != -1) || (temperature && *temperature == 0.0);
}

void ResponseCache::set_settings(const CacheSettings& settings) {
  settings_ = settings;
  if (!settings_.enabled)
    settings_.max_bytes = 0;
  shrink();
}

std::optional<LLMResponse> ResponseCache::find(const std::string& key, Time now) {
  const auto found = index_.find(key);
  if (found == index_.end())
    return std::nullopt;
  if (now - found->second->since >= settings_.ttl) {
    erase(found->second);
    return std::nullopt;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->response;
}

void ResponseCache::insert(std::string key, LLMResponse response, Time now) {
  if (const auto old = index_.find(key); old != index_.end())
    erase(old->second);
  const auto bytes = cost(key, response);
  if (bytes > settings_.max_bytes)
    return;
  entries_.push_front({std::move(key), std::move(response), now, bytes});
  index_.emplace(entries_.front().key, entries_.begin());
  bytes_ += bytes;
  shrink();
}

void ResponseCache::erase(Entries::iterator entry) {
  bytes_ -= entry->bytes;
  index_.erase(entry->key);
  entries_.erase(entry);
}

void ResponseCache::shrink() {
  while (bytes_ > settings_.max_bytes)
    erase(std::prev(entries_.end()));
}

} // namespace nexus::llm
