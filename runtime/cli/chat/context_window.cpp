// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/chat/context_window.hpp"

#include <algorithm>

#include "config/model_name.hpp"

namespace nexus::llm::cli {

namespace {

/// The user is warned from this fill of the context window on.
constexpr std::uint64_t full_percent = 80;

} // namespace

std::uint64_t ContextWindow::size() {
  if (const auto set = state_.settings.window(); set > 0)
    return set;
  if (const auto config = asker_.session.llm().load_config()) {
    const auto& role = config->settings(asker_.role);
    if (role.num_ctx)
      return *role.num_ctx;
  }
  // Ollama decides, and tells for the models in memory. A program pays for no further request.
  if (!person_ || state_.last_model.empty())
    return 0;
  if (model_ != state_.last_model) {
    const auto running = asker_.session.llm().running_models();
    if (!running)
      return 0;
    const auto& models = running->models;
    const auto found = std::find_if(models.begin(), models.end(), [this](const auto& model) {
      return same_model(model.name, state_.last_model);
    });
    told_ = found == models.end() ? 0 : found->context_length;
    model_ = state_.last_model;
  }
  return told_;
}

std::string ContextWindow::fill() {
  const auto used = state_.tokens();
  const auto all = size();
  auto text = std::to_string(used);
  if (all > 0)
    return text + " of " + std::to_string(all) + " tokens (" + std::to_string(used * 100 / all) +
           " %)";
  return text + " tokens";
}

void ContextWindow::warn_if_nearly_full() {
  const auto used = state_.tokens();
  const auto all = used > 0 ? size() : 0;
  if (all == 0 || used * 100 < all * full_percent)
    return;
  asker_.output.warning("The conversation takes " + fill() +
                        " of its window. Beyond it Ollama forgets the beginning" +
                        (person_ ? "; /set num_ctx N widens it, /clear begins anew." : "."));
}

} // namespace nexus::llm::cli
