// SPDX-License-Identifier: BSD-3-Clause
#include "config/config_keys.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "config/base_url.hpp"
#include "config/model_name.hpp"
#include "config/node_address.hpp"
#include "config/ollama_options.hpp"
#include "config/setting_value.hpp"
#include "config/suggestion.hpp"
#include "config/utf8.hpp"

namespace nexus::llm {

namespace {

using json::Allocator;
using json::Value;

std::string number_text(double number) {
  Value value;
  if (number == std::floor(number))
    value.SetInt64(static_cast<std::int64_t>(number));
  else
    value.SetDouble(number);
  return json::to_text(value);
}

/// A duration in units of `unit` seconds (1 for seconds, 0.001 for milliseconds).
template <class Access>
ConfigKey duration_key(std::string path, double unit, double least, double most, Access access,
                       std::string description) {
  const std::string unit_name = unit == 1.0 ? "seconds" : "milliseconds";
  const auto rule = unit_name + ", " + number_text(least) + " to " + number_text(most);
  return {std::move(path), rule, std::move(description),
          [access, unit](const LLMClientConfig& config, Allocator&) {
            using Seconds = std::chrono::duration<double>;
            const auto amount = std::chrono::duration_cast<Seconds>(access(config)).count() / unit;
            const auto rounded = std::round(amount * 1e6) / 1e6;
            return rounded == std::floor(rounded) ? Value{static_cast<std::int64_t>(rounded)}
                                                  : Value{rounded};
          },
          [access, unit, least, most, rule](LLMClientConfig& config,
                                            const Value& value) -> std::string {
            const auto seconds = seconds_of(value, unit);
            if (!seconds || !(*seconds >= least * unit) || !(*seconds <= most * unit))
              return "must be a number of " + rule;
            auto& target = access(config);
            using Target = std::remove_reference_t<decltype(target)>;
            target = std::chrono::round<Target>(std::chrono::duration<double>{*seconds});
            return {};
          }};
}

template <class Access>
ConfigKey count_key(std::string path, std::uint64_t least, std::uint64_t most, Access access,
                    std::string description) {
  const auto rule = "whole number, " + std::to_string(least) + " to " + std::to_string(most);
  return {std::move(path), rule, std::move(description),
          [access](const LLMClientConfig& config, Allocator&) {
            return Value{static_cast<std::uint64_t>(access(config))};
          },
          [access, least, most, rule](LLMClientConfig& config, const Value& value) -> std::string {
            const auto count = count_of(value);
            if (!count || *count < least || *count > most)
              return "must be a " + rule;
            auto& target = access(config);
            target = static_cast<std::remove_reference_t<decltype(target)>>(*count);
            return {};
          }};
}

template <class Access>
ConfigKey flag_key(std::string path, Access access, std::string description) {
  return {std::move(path), "`true` or `false`", std::move(description),
          [access](const LLMClientConfig& config, Allocator&) { return Value{access(config)}; },
          [access](LLMClientConfig& config, const Value& value) -> std::string {
            const auto flag = truth_of(value);
            if (!flag)
              return "must be `true` or `false`";
            access(config) = *flag;
            return {};
          }};
}

/// A string. `check` returns why a value is invalid, or an empty string.
template <class Access, class Check>
ConfigKey text_key(std::string path, std::string type, Access access, Check check,
                   std::string description) {
  return {std::move(path), std::move(type), std::move(description),
          [access](const LLMClientConfig& config, Allocator& allocator) {
            return json::make_string(access(config), allocator);
          },
          [access, check](LLMClientConfig& config, const Value& value) -> std::string {
            if (!value.IsString())
              return "must be a text";
            const auto text = json::text_of(value);
            if (auto wrong = check(text); !wrong.empty())
              return wrong;
            access(config) = std::string{text};
            return {};
          }};
}

std::string check_model(std::string_view text) {
  return is_valid_model_name(text)
             ? std::string{}
             : "must be a model name such as `llama3.1:8b`, not `" + std::string{text} + "`";
}

std::string check_keep_alive(std::string_view text) {
  return is_valid_keep_alive(text) ? std::string{}
                                   : "must be a duration such as `5m` or a number of seconds, not "
                                     "`" +
                                         std::string{text} + "`";
}

std::string check_text(std::string_view text) {
  return is_clean_text(text) ? std::string{} : "must be valid UTF-8 without NUL";
}

constexpr double day = 86400;

/// A context window; null means that Ollama decides.
template <class Access> ConfigKey num_ctx_key(std::string path, Access access) {
  constexpr std::uint32_t least = 4;
  constexpr std::uint32_t most = 1u << 24;
  return {std::move(path), "whole number, 4 to 16777216, or null",
          "Context window in tokens, sent with everything that uses a model of the role; null "
          "leaves it to Ollama.",
          [access](const LLMClientConfig& config, Allocator&) {
            const auto& window = access(config);
            return window ? Value{*window} : Value{};
          },
          [access](LLMClientConfig& config, const Value& value) -> std::string {
            if (value.IsNull()) {
              access(config).reset();
              return {};
            }
            const auto window = count_of(value);
            if (!window || *window < least || *window > most)
              return "must be a whole number, 4 to 16777216, or null";
            access(config) = static_cast<std::uint32_t>(*window);
            return {};
          }};
}

template <class Access> ConfigKey keep_alive_key(std::string path, Access access) {
  return {std::move(path), "duration such as `5m`, seconds, or null",
          "How long Ollama keeps a model of the role in memory after a request; negative is for "
          "ever, null leaves it to Ollama.",
          [access](const LLMClientConfig& config, Allocator& allocator) {
            const KeepAlive& set = access(config);
            return set.is_set() ? json::make_string(set.value, allocator) : Value{};
          },
          [access](LLMClientConfig& config, const Value& value) -> std::string {
            if (value.IsNull()) {
              access(config) = KeepAlive{};
              return {};
            }
            const auto text = text_or_number_of(value).value_or("");
            if (auto wrong = check_keep_alive(text); !wrong.empty())
              return wrong;
            access(config) = KeepAlive{text};
            return {};
          }};
}

void add_role_keys(std::vector<ConfigKey>& keys, AIRole role) {
  const auto name = std::string{to_string(role)};
  auto member = [role](auto pointer) {
    return [ role, pointer ](auto& config) -> auto& { return config.settings(role).*pointer; };
  };
  keys.push_back(
      {"fallbackModels." + name, "list of model names",
       "Models tried in order when the model of the " + name + " role is missing or keeps failing.",
       [role](const LLMClientConfig& config, Allocator& allocator) {
         Value list{rapidjson::kArrayType};
         for (const auto& model : config.settings(role).fallback_models)
           list.PushBack(json::make_string(model, allocator), allocator);
         return list;
       },
       [role](LLMClientConfig& config, const Value& value) -> std::string {
         auto models = texts_of(value);
         if (!models || models->size() > 16)
           return "must be a list of at most 16 model names";
         for (const auto& model : *models)
           if (auto wrong = check_model(model); !wrong.empty())
             return wrong;
         config.settings(role).fallback_models = std::move(*models);
         return {};
       }});
  const auto prefix = "roles." + name + ".";
  keys.push_back(num_ctx_key(prefix + "numCtx", member(&RoleSettings::num_ctx)));
  keys.push_back(keep_alive_key(prefix + "keepAlive", member(&RoleSettings::keep_alive)));
  keys.push_back(text_key(prefix + "system", "text", member(&RoleSettings::system), check_text,
                          "System text of the role; empty leaves it to the model."));
  keys.push_back({prefix + "options", "object of Ollama options",
                  "Options that every request of the role starts from, such as `{\"top_k\": 20}`.",
                  [role](const LLMClientConfig& config, Allocator& allocator) {
                    Value copy{rapidjson::kObjectType};
                    if (auto options = json::parse(config.settings(role).options))
                      copy.CopyFrom(*options, allocator);
                    return copy;
                  },
                  [role](LLMClientConfig& config, const Value& value) -> std::string {
                    if (!value.IsObject())
                      return "must be an object of Ollama options";
                    if (auto wrong = check_options(value); !wrong.empty())
                      return "has an option that is not valid: " + wrong;
                    config.settings(role).options = json::to_text(value);
                    return {};
                  }});
}

void add_node_keys(std::vector<ConfigKey>& keys) {
  const auto first = keys.size();
  constexpr std::size_t most_nodes = 64;
  keys.push_back(
      {"nodes", "list of `host:port`",
       "Nodes (`nexus-llm serve`) that do the work instead of the `nexus-llm` program, unless "
       "`--base-url` names an Ollama. A node itself does not heed it; a program that embeds the "
       "library is told to connect to them.",
       [](const LLMClientConfig& config, Allocator& allocator) {
         Value list{rapidjson::kArrayType};
         for (const auto& address : config.nodes.addresses)
           list.PushBack(json::make_string(address, allocator), allocator);
         return list;
       },
       [](LLMClientConfig& config, const Value& value) -> std::string {
         auto addresses = texts_of(value);
         if (!addresses || addresses->size() > most_nodes)
           return "must be a list of at most 64 addresses";
         for (const auto& address : *addresses)
           if (!parse_endpoint(address))
             return "must be a list of addresses such as `gpu-box:11435`";
         config.nodes.addresses = std::move(*addresses);
         return {};
       }});
  auto file = [](auto pointer) {
    return [pointer](auto& config) -> auto& { return config.nodes.*pointer; };
  };
  keys.push_back(text_key("tls.certificate", "path", file(&NodeSettings::certificate), check_text,
                          "Certificate of this program, for nodes on other machines."));
  keys.push_back(text_key("tls.key", "path", file(&NodeSettings::key), check_text, "Its key."));
  keys.push_back(text_key("tls.authority", "path", file(&NodeSettings::authority), check_text,
                          "The authority that both sides trust."));
  for (auto key = keys.begin() + static_cast<std::ptrdiff_t>(first); key != keys.end(); ++key)
    key->at_start = true;
}

std::vector<ConfigKey> make_keys() {
  auto member = [](auto pointer) {
    return [pointer](auto& config) -> auto& { return config.*pointer; };
  };
  auto nested = [](auto outer, auto inner) {
    return [ outer, inner ](auto& config) -> auto& { return config.*outer.*inner; };
  };
  auto limit = [nested](auto inner) { return nested(&LLMClientConfig::limits, inner); };
  using Config = LLMClientConfig;
  constexpr double in_seconds = 1.0;
  constexpr double in_milliseconds = 0.001;
  constexpr std::uint64_t gibibyte = 1u << 30;

  std::vector<ConfigKey> keys;
  keys.push_back({"baseUrl", "URL of this machine", "Where Ollama listens.",
                  [](const Config& config, Allocator& allocator) {
                    return json::make_string(config.base_url, allocator);
                  },
                  [](Config& config, const Value& value) -> std::string {
                    if (!value.IsString())
                      return "must be a text";
                    const auto text = json::text_of(value);
                    if (auto wrong = base_url_fault(text); !wrong.empty())
                      return wrong;
                    config.base_url = parse_base_url(text)->text();
                    return {};
                  }});
  keys.push_back(duration_key("timeout", in_seconds, 0.001, 7 * day, member(&Config::timeout),
                              "Limit of a complete request; of a stream, the wait for its first "
                              "chunk, loading included; of a download, the longest silence."));
  keys.push_back(count_key("maxRetries", 0, 100, member(&Config::max_retries),
                           "Further attempts on one model after the first."));
  keys.push_back(
      duration_key("retryDelay", in_milliseconds, 0, 600'000, member(&Config::retry_delay),
                   "Least wait before the first retry. It doubles with each further one, "
                   "and up to half of it is added at random."));
  for (const auto role : all_roles())
    keys.push_back(text_key(
        "models." + std::string{to_string(role)},
        "model name", [role](auto& config) -> auto& { return config.model(role); }, check_model,
        "Model of the " + std::string{to_string(role)} + " role."));
  for (const auto role : all_roles())
    add_role_keys(keys, role);
  keys.push_back(duration_key("maxRetryDelay", in_milliseconds, 1, 3'600'000,
                              member(&Config::max_retry_delay),
                              "Longest wait between two attempts."));
  keys.push_back(duration_key("connectTimeout", in_seconds, 0.001, 3600,
                              member(&Config::connect_timeout), "Limit for connecting."));
  keys.push_back(duration_key("gapTimeout", in_seconds, 0.001, 7 * day,
                              member(&Config::gap_timeout),
                              "Longest silence between two chunks of a stream."));
  keys.push_back(duration_key("totalTimeout", in_seconds, 0, 30 * day,
                              member(&Config::total_timeout),
                              "Limit of a whole stream; 0 is none."));
  keys.push_back({"streamRecovery", "`fail` or `restart`",
                  "What happens when a stream breaks after something of it was seen: a typed end "
                  "with the partial text, or one more try from the start.",
                  [](const Config& config, Allocator& allocator) {
                    return json::make_string(to_string(config.stream_recovery), allocator);
                  },
                  [](Config& config, const Value& value) -> std::string {
                    for (auto choice : {StreamRecovery::fail, StreamRecovery::restart})
                      if (value.IsString() && json::text_of(value) == to_string(choice)) {
                        config.stream_recovery = choice;
                        return {};
                      }
                    return "must be `fail` or `restart`";
                  }});
  keys.push_back(flag_key("allowRemoteModels", member(&Config::allow_remote_models),
                          "Whether models may be used that Ollama runs on another machine (cloud "
                          "models). Prompts to them leave this machine."));
  keys.push_back(duration_key("modelListTtl", in_seconds, 0, day, member(&Config::model_list_ttl),
                              "How long the list of installed models is believed."));
  keys.push_back(count_key("limits.maxConcurrent", 1, 16'384, limit(&Limits::max_concurrent),
                           "Requests of one role at Ollama at a time."));
  keys.push_back(count_key("limits.queueLength", 0, 100'000, limit(&Limits::queue_length),
                           "Requests of one role that may wait."));
  keys.push_back(duration_key("limits.ageing", in_seconds, 0, day, limit(&Limits::ageing),
                              "A background request that has waited this long counts as "
                              "interactive."));
  keys.push_back(count_key("limits.maxPromptBytes", 1, gibibyte, limit(&Limits::max_prompt_bytes),
                           "Largest prompt or conversation, in bytes."));
  keys.push_back(count_key("limits.maxResponseBytes", 1024, gibibyte,
                           limit(&Limits::max_response_bytes), "Largest answer, in bytes."));
  keys.push_back(count_key("limits.maxLineBytes", 1024, gibibyte, limit(&Limits::max_line_bytes),
                           "Longest line of a stream, in bytes."));
  keys.push_back(count_key("limits.maxJsonDepth", 8, 10'000, limit(&Limits::max_json_depth),
                           "Deepest nesting of what Ollama answers."));
  keys.push_back(count_key("limits.maxSubscribers", 1, 10'000, limit(&Limits::max_subscribers),
                           "Subscribers of one stream."));
  keys.push_back(count_key("limits.subscriberWindow", 1, 10'000, limit(&Limits::subscriber_window),
                           "Chunks that a subscriber may have unhandled before what follows is "
                           "put together."));
  keys.push_back(duration_key("limits.subscriberTimeout", in_seconds, 0.001, 7 * day,
                              limit(&Limits::subscriber_timeout),
                              "How long a subscriber may take to handle one chunk before it is "
                              "given up."));
  keys.push_back(
      count_key("limits.maxBatch", 1, 100'000, limit(&Limits::max_batch), "Prompts in one batch."));
  keys.push_back(count_key("limits.maxMessageBytes", 1u << 20, 4 * gibibyte - 1,
                           limit(&Limits::max_message_bytes),
                           "Largest message from a node or a client, in bytes, from the next start "
                           "on; the connection with one that sends more is broken off."));
  keys.back().at_start = true;
  keys.push_back(flag_key("cache.enabled", nested(&Config::cache, &CacheSettings::enabled),
                          "Whether answers that would repeat (temperature 0 or a seed) are kept."));
  keys.push_back(count_key("cache.maxBytes", 0, gibibyte,
                           nested(&Config::cache, &CacheSettings::max_bytes),
                           "Memory for kept answers, in bytes, for each role."));
  keys.push_back(duration_key("cache.ttl", in_seconds, 0, 30 * day,
                              nested(&Config::cache, &CacheSettings::ttl),
                              "How long an answer is kept."));
  keys.push_back(count_key("supervision.maxRestarts", 0, 1000,
                           nested(&Config::restarts, &RestartSettings::max_restarts),
                           "Restarts of one component within the window before the system gives "
                           "up."));
  keys.push_back(duration_key("supervision.window", in_seconds, 1, day,
                              nested(&Config::restarts, &RestartSettings::window),
                              "The window in which restarts are counted."));
  auto circuit = [nested](auto inner) { return nested(&LLMClientConfig::circuit, inner); };
  keys.push_back(count_key("circuitBreaker.maxFailures", 0, 1000,
                           circuit(&CircuitSettings::max_failures),
                           "Failures to connect, one after the other, after which new requests are "
                           "refused at once until Ollama is back, provided that they have lasted "
                           "longer than the retries of one request take; 0 is never."));
  keys.push_back(duration_key("circuitBreaker.resetTimeout", in_milliseconds, 1, 3'600'000,
                              circuit(&CircuitSettings::reset_timeout),
                              "Wait before one cheap request tries Ollama again."));
  keys.push_back(duration_key("circuitBreaker.maxResetTimeout", in_milliseconds, 1, 3'600'000,
                              circuit(&CircuitSettings::max_reset_timeout),
                              "Bound of that wait, which doubles each time that Ollama is still "
                              "not there."));
  keys.push_back(flag_key("log.enabled", nested(&Config::log, &LogSettings::enabled),
                          "Whether the `nexus-llm` program keeps prompts and answers for "
                          "`nexus-llm log`."));
  keys.back().at_start = true;
  keys.push_back(count_key("log.maxBytes", 1u << 20, gibibyte,
                           nested(&Config::log, &LogSettings::max_bytes),
                           "Most that it keeps, in bytes; the oldest half goes first."));
  keys.back().at_start = true;
  add_node_keys(keys);
  return keys;
}

/// Returns the first parent of `path` that exists but is not an object, which would hide all
/// settings below it. Empty if there is none.
std::string wrong_parent(const Value& section, std::string_view path) {
  for (auto dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', dot + 1)) {
    const auto parent = path.substr(0, dot);
    if (const auto* value = json::find_path(section, parent);
        value != nullptr && !value->IsObject())
      return std::string{parent};
  }
  return {};
}

void find_unknown(const Value& object, const std::string& prefix,
                  std::vector<std::string>& unknown) {
  for (const auto& member : object.GetObject()) {
    const auto path = prefix + std::string{json::text_of(member.name)};
    if (find_config_key(path) != nullptr)
      continue;
    if (!is_config_group(path))
      unknown.push_back(path);
    else if (member.value.IsObject())
      find_unknown(member.value, path + ".", unknown);
  }
}

/// The settings and their groups, each group before its first setting.
std::vector<std::string> all_paths() {
  std::vector<std::string> paths;
  for (const auto& key : config_keys()) {
    for (auto dot = key.path.find('.'); dot != std::string::npos; dot = key.path.find('.', dot + 1))
      if (auto group = key.path.substr(0, dot); std::ranges::find(paths, group) == paths.end())
        paths.push_back(std::move(group));
    paths.push_back(key.path);
  }
  return paths;
}

std::string last_name(std::string_view path) {
  return std::string{path.substr(path.rfind('.') + 1)}; // npos + 1 is 0
}

void find_duplicates(const Value& value, const std::string& path,
                     std::vector<std::string>& duplicates) {
  if (!value.IsObject())
    return;
  for (auto member = value.MemberBegin(); member != value.MemberEnd(); ++member) {
    const auto inner = path + std::string{json::text_of(member->name)};
    const auto has_name = [&member](const auto& other) { return other.name == member->name; };
    const auto earlier = std::count_if(value.MemberBegin(), member, has_name);
    if (earlier == 1)
      duplicates.push_back(inner);
    // What an earlier value contains does not count.
    if (std::none_of(std::next(member), value.MemberEnd(), has_name))
      find_duplicates(member->value, inner + ".", duplicates);
  }
}

} // namespace

std::span<const ConfigKey> config_keys() {
  static const auto keys = make_keys();
  return keys;
}

const ConfigKey* find_config_key(std::string_view path) {
  for (const auto& key : config_keys())
    if (key.path == path)
      return &key;
  return nullptr;
}

std::string_view without_section(std::string_view path) {
  constexpr std::string_view section = "llm.";
  return path.starts_with(section) ? path.substr(section.size()) : path;
}

bool is_config_group(std::string_view path) {
  const auto prefix = std::string{path} + ".";
  return std::ranges::any_of(config_keys(),
                             [&](const ConfigKey& key) { return key.path.starts_with(prefix); });
}

std::string nearest_config_key(std::string_view path) {
  const auto paths = all_paths();
  if (auto whole = nearest(path, paths); !whole.empty() || path.find('.') != std::string_view::npos)
    return whole;
  std::vector<std::string> names;
  std::ranges::transform(paths, std::back_inserter(names), last_name);
  const auto name = nearest(path, names);
  return name.empty()
             ? std::string{}
             : paths[static_cast<std::size_t>(std::ranges::find(names, name) - names.begin())];
}

std::string unknown_key_text(std::string_view path) {
  const auto key = nearest_config_key(path);
  return is_no("setting", "llm." + std::string{path}, key.empty() ? key : "llm." + key);
}

std::string value_text(const ConfigKey& key, const LLMClientConfig& config) {
  json::Document document;
  return json::to_text(key.get(config, document.GetAllocator()));
}

Result<LLMClientConfig> apply_section(LLMClientConfig config, const json::Value& section) {
  if (!section.IsObject())
    return failure(ErrorCode::config_value_invalid, "`llm` must be an object", "llm");
  for (const auto& key : config_keys()) {
    if (auto parent = wrong_parent(section, key.path); !parent.empty())
      return failure(ErrorCode::config_value_invalid, "`llm." + parent + "` must be an object",
                     "llm." + parent);
    const auto* value = json::find_path(section, key.path);
    if (value == nullptr)
      continue;
    if (auto wrong = key.set(config, *value); !wrong.empty())
      return failure(ErrorCode::config_value_invalid, "`llm." + key.path + "` " + wrong,
                     "llm." + key.path);
  }
  return config;
}

std::vector<std::string> unknown_keys(const json::Value& section) {
  std::vector<std::string> unknown;
  if (section.IsObject())
    find_unknown(section, "", unknown);
  return unknown;
}

std::vector<std::string> duplicate_keys(const json::Value& section) {
  std::vector<std::string> duplicates;
  find_duplicates(section, "", duplicates);
  return duplicates;
}

Result<LLMClientConfig> validate(const LLMClientConfig& config) {
  json::Document document;
  auto result = config;
  for (const auto role : all_roles()) {
    const auto options = json::parse(config.settings(role).options);
    if (!options || !options->IsObject())
      return failure(ErrorCode::config_value_invalid,
                     "`llm.roles." + std::string{to_string(role)} +
                         ".options` must be an object of Ollama options");
  }
  for (const auto& key : config_keys())
    if (auto wrong = key.set(result, key.get(config, document.GetAllocator())); !wrong.empty())
      return failure(ErrorCode::config_value_invalid, "`llm." + key.path + "` " + wrong,
                     "llm." + key.path);
  return result;
}

} // namespace nexus::llm
