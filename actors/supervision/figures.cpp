// SPDX-License-Identifier: BSD-3-Clause
#include "actors/supervision/figures.hpp"

#include <algorithm>
#include <utility>

namespace nexus::llm {

namespace {

/// The number of events to keep.
constexpr std::size_t max_events = 16;

} // namespace

bool Figures::add(const RoleStats& more) {
  std::lock_guard lock{mutex_};
  auto& sum = roles_[more.role];
  sum += more;
  if (more.answered > 0)
    overloaded_ = false;
  return more.rejected > 0 && !std::exchange(overloaded_, true);
}

void Figures::note(ComponentHealth component) {
  std::lock_guard lock{mutex_};
  const auto known = std::ranges::find(components_, component.name, &ComponentHealth::name);
  if (known == components_.end())
    components_.push_back(std::move(component));
  else
    *known = std::move(component);
}

void Figures::note(SupervisionEvent event) {
  std::lock_guard lock{mutex_};
  if (events_.size() == max_events)
    events_.erase(events_.begin());
  events_.push_back(std::move(event));
}

void Figures::note(const ModelWork& models) {
  std::lock_guard lock{mutex_};
  models_ = models;
}

RoleStats Figures::of(AIRole role) const {
  std::lock_guard lock{mutex_};
  auto figures = roles_[role];
  figures.role = role;
  return figures;
}

void Figures::fill(Health& health) const {
  std::lock_guard lock{mutex_};
  health.components = components_;
  health.models = models_;
  health.events = events_;
}

} // namespace nexus::llm
