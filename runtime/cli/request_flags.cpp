// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/request_flags.hpp"

#include "config/json.hpp"
#include "config/ollama_options.hpp"
#include "runtime/cli/prompt_source.hpp"

namespace nexus::llm::cli {

Result<std::string> ollama_options(const CommonOptions& common) {
  if (common.options.empty())
    return std::string{};
  json::Document object{rapidjson::kObjectType};
  auto& allocator = object.GetAllocator();
  for (const auto& option : common.options) {
    const auto equals = option.find('=');
    if (equals == 0 || equals == std::string::npos)
      return failure(ErrorCode::invalid_argument,
                     "--option must be NAME=VALUE, such as top_k=20, not `" + option + "`");
    json::Value value;
    // A value that is not JSON is a text.
    if (const auto parsed = json::parse(option.substr(equals + 1)))
      value.CopyFrom(*parsed, allocator);
    else
      value = json::make_string(option.substr(equals + 1), allocator);
    object.AddMember(json::make_string(option.substr(0, equals), allocator), value, allocator);
  }
  if (auto wrong = check_options(object); !wrong.empty())
    return failure(ErrorCode::invalid_argument, "--option: " + wrong);
  return json::to_text(object);
}

Result<void> check_keep_alive(const CommonOptions& common) {
  if (common.keep_alive.empty() || is_valid_keep_alive(common.keep_alive))
    return {};
  return failure(ErrorCode::invalid_option,
                 "`--keep-alive` must be a duration such as `5m` or a number of seconds, not `" +
                     common.keep_alive + "`");
}

namespace {

/// Checks what the library would blame on its own members, so that the message names the flag.
Result<void> check_flags(const CommonOptions& common) {
  if (auto fine = check_keep_alive(common); !fine)
    return fine;
  if (!common.format.empty() && common.format != "json" && !common.format.starts_with('@'))
    if (const auto schema = json::parse(common.format); !schema || !schema->IsObject())
      return failure(ErrorCode::invalid_option,
                     "`--format` must be `json`, a JSON schema (an object), or `@FILE` with one");
  return {};
}

} // namespace

Result<GenerateOptions> request_options(const CommonOptions& common) {
  if (auto fine = check_flags(common); !fine)
    return failure(std::move(fine.error()));
  GenerateOptions options;
  options.model = common.model;
  options.temperature = common.temperature;
  options.max_tokens = common.max_tokens;
  options.num_ctx = common.num_ctx;
  options.seed = common.seed;
  options.stop = common.stop;
  options.system = common.system;
  options.format = {common.format};
  if (common.format.starts_with('@')) {
    auto schema = read_text_file(common.format.substr(1));
    if (!schema)
      return failure(std::move(schema.error()));
    if (schema->empty())
      return failure(ErrorCode::invalid_option,
                     "the file of `--format` must hold a JSON schema object, and is empty");
    options.format = Format::schema(std::move(*schema));
  }
  auto more = ollama_options(common);
  if (!more)
    return failure(std::move(more.error()));
  options.raw_options = std::move(*more);
  options.logprobs = common.logprobs.has_value();
  if (common.logprobs.value_or(0) > 0)
    options.top_logprobs = common.logprobs;
  if (common.no_truncate)
    options.truncate = false;
  if (common.no_shift)
    options.shift = false;
  if (!common.think.empty()) {
    options.think = parse_think(common.think);
    if (!options.think)
      return failure(ErrorCode::invalid_option,
                     "`--think` must be `true`, `false`, `low`, `medium`, `high` or `max`");
  }
  options.keep_alive = {common.keep_alive};
  options.priority = common.background ? Priority::background : Priority::interactive;
  // The timeout also applies to connecting and to pauses within an answer.
  options.timeout = timeout_of(common);
  options.connect_timeout = options.timeout;
  options.gap_timeout = options.timeout;
  return options;
}

} // namespace nexus::llm::cli
