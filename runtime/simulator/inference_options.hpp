// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "runtime/simulator/load_options.hpp"

#include <rapidjson/document.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nexus::llm::simulator {

/// The `options` of a request.
struct InferenceOptions {
  LoadOptions load;
  std::int64_t num_predict = -1;
  std::optional<std::int64_t> seed;
  std::vector<std::string> stop;

  /// Text of the first option of a wrong type; empty when all are fine.
  std::string error;

  /// `options` may be null. The context length is limited by what the model was trained for.
  [[nodiscard]] static InferenceOptions parse(const rapidjson::Value* options,
                                              std::uint32_t default_num_ctx,
                                              std::uint32_t context_length);
};

} // namespace nexus::llm::simulator
