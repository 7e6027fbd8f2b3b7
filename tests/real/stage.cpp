// SPDX-License-Identifier: BSD-3-Clause
#include "tests/real/stage.hpp"

#include "messages/wall_time.hpp"
#include "tests/real/report.hpp"

namespace nexus::llm::real {

OwnServer& Stage::server() const {
  if (own == nullptr)
    throw CheckSkipped{"needs a server of its own: an `ollama` on the PATH"};
  return *own;
}

Loaded loaded(const Stage& stage) {
  Loaded result;
  const auto document = stage.other.get("/api/ps").document();
  const auto* models = json::find(document, "models");
  if (models == nullptr || !models->IsArray())
    return result;
  for (const auto& model : models->GetArray()) {
    if (json::find_text(model, "name") != stage.model)
      continue;
    result.there = true;
    result.context_length = json::find_count(model, "context_length");
    if (const auto until = parse_wall_time(json::find_text(model, "expires_at").value_or("")))
      result.stays = std::chrono::duration_cast<std::chrono::seconds>(
          *until - std::chrono::system_clock::now());
  }
  return result;
}

} // namespace nexus::llm::real
