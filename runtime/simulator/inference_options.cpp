// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/inference_options.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace nexus::llm::simulator {
namespace {

using rapidjson::Value;

enum class OptionKind { integer, real, boolean, strings };

struct Known {
  std::string_view name;
  OptionKind kind;
};

constexpr Known known_options[] = {
    {"num_ctx", OptionKind::integer},
    {"num_batch", OptionKind::integer},
    {"num_gpu", OptionKind::integer},
    {"main_gpu", OptionKind::integer},
    {"use_mmap", OptionKind::boolean},
    {"num_thread", OptionKind::integer},
    {"draft_num_predict", OptionKind::integer},
    {"num_keep", OptionKind::integer},
    {"seed", OptionKind::integer},
    {"num_predict", OptionKind::integer},
    {"top_k", OptionKind::integer},
    {"top_p", OptionKind::real},
    {"min_p", OptionKind::real},
    {"typical_p", OptionKind::real},
    {"repeat_last_n", OptionKind::integer},
    {"temperature", OptionKind::real},
    {"repeat_penalty", OptionKind::real},
    {"presence_penalty", OptionKind::real},
    {"frequency_penalty", OptionKind::real},
    {"stop", OptionKind::strings},
};

std::string type_error(const Known& option, const Value& value) {
  const std::string start = "option \"" + std::string(option.name) + "\" must be of ";
  switch (option.kind) {
  case OptionKind::integer:
    return value.IsNumber() ? "" : start + "type integer";
  case OptionKind::real:
    return value.IsNumber() ? "" : start + "type float32";
  case OptionKind::boolean:
    return value.IsBool() ? "" : start + "type boolean";
  case OptionKind::strings:
    if (!value.IsArray())
      return start + "type array";
    return std::all_of(value.Begin(), value.End(), [](const Value& v) { return v.IsString(); })
               ? ""
               : start + "an array of strings";
  }
  return {};
}

std::int64_t whole(const Value& value) {
  constexpr double limit = 9e18;
  return value.IsInt64() ? value.GetInt64()
                         : static_cast<std::int64_t>(std::clamp(value.GetDouble(), -limit, limit));
}

void apply(InferenceOptions& options, std::string_view name, const Value& value) {
  auto& load = options.load;
  if (name == "num_ctx")
    load.num_ctx = whole(value);
  else if (name == "num_batch")
    load.num_batch = whole(value);
  else if (name == "num_gpu")
    load.num_gpu = whole(value);
  else if (name == "main_gpu")
    load.main_gpu = whole(value);
  else if (name == "num_thread")
    load.num_thread = whole(value);
  else if (name == "draft_num_predict")
    load.draft_num_predict = whole(value);
  else if (name == "use_mmap")
    load.use_mmap = value.GetBool();
  else if (name == "num_predict")
    options.num_predict = whole(value);
  else if (name == "seed" && whole(value) != -1)
    options.seed = whole(value);
  if (name == "stop") {
    options.stop.clear();
    for (const auto& item : value.GetArray())
      options.stop.emplace_back(item.GetString(), item.GetStringLength());
  }
}

} // namespace

InferenceOptions InferenceOptions::parse(const Value* options, std::uint32_t default_num_ctx,
                                         std::uint32_t context_length) {
  InferenceOptions parsed;
  if (options != nullptr && options->IsObject()) {
    for (const auto& member : options->GetObject()) {
      const std::string_view name(member.name.GetString(), member.name.GetStringLength());
      const auto* option = std::ranges::find(known_options, name, &Known::name);
      if (option == std::end(known_options) || member.value.IsNull())
        continue;
      parsed.error = type_error(*option, member.value);
      if (!parsed.error.empty())
        return parsed;
      apply(parsed, name, member.value);
    }
  }
  if (parsed.load.num_ctx <= 0)
    parsed.load.num_ctx = default_num_ctx;
  if (context_length > 0)
    parsed.load.num_ctx = std::min<std::int64_t>(parsed.load.num_ctx, context_length);
  parsed.load.num_ctx = std::max<std::int64_t>(parsed.load.num_ctx, 4);
  return parsed;
}

} // namespace nexus::llm::simulator
