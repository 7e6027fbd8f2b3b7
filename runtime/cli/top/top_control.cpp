// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/top/top_control.hpp"

#include <algorithm>
#include <utility>

namespace nexus::llm::cli {

namespace {

constexpr std::ptrdiff_t page = 10;
constexpr std::ptrdiff_t everything = 1 << 20;

std::size_t within(std::size_t index, std::size_t size) {
  return size == 0 ? 0 : std::min(index, size - 1);
}

} // namespace

void TopControl::update(const TopState& state) {
  if (!state.data)
    return;
  const auto& requests = state.data->requests;
  const auto& models = state.data->models;
  const auto request = std::ranges::find(requests, request_id_, &RunningRequest::id);
  request_ = request == requests.end() ? within(request_, requests.size())
                                       : static_cast<std::size_t>(request - requests.begin());
  const auto model = std::ranges::find(models, model_name_, &RunningModel::name);
  model_ = model == models.end() ? within(model_, models.size())
                                 : static_cast<std::size_t>(model - models.begin());
  remember(state);
}

std::optional<TopAction> TopControl::press(TopKey key, const TopState& state) {
  if (key == TopKey::redraw)
    return std::nullopt;
  message_.clear();
  if (pending_) {
    auto confirmed = std::exchange(pending_, std::nullopt);
    if (key == TopKey::yes)
      return confirmed;
    if (key != TopKey::quit)
      return std::nullopt;
  }
  switch (key) {
  case TopKey::up:
    move(state, -1);
    break;
  case TopKey::down:
    move(state, 1);
    break;
  case TopKey::page_up:
    move(state, -page);
    break;
  case TopKey::page_down:
    move(state, page);
    break;
  case TopKey::first:
    move(state, -everything);
    break;
  case TopKey::last:
    move(state, everything);
    break;
  case TopKey::next_list:
    list_ = list_ == List::requests ? List::models : List::requests;
    break;
  case TopKey::cancel:
    if (state.data && !state.data->requests.empty()) {
      const auto& request = state.data->requests[request_];
      pending_ = CancelRequest{request.role, request.id};
    } else {
      tell("There is no request to cancel.");
    }
    break;
  case TopKey::unload:
    if (state.data && !state.data->models.empty())
      pending_ = UnloadModel{state.data->models[model_].name};
    else
      tell("There is no model to unload.");
    break;
  case TopKey::quit:
    return LeaveTop{};
  case TopKey::yes:
  case TopKey::redraw:
  case TopKey::other:
    break;
  }
  return std::nullopt;
}

std::string TopControl::question() const {
  if (!pending_)
    return {};
  if (const auto* request = std::get_if<CancelRequest>(&*pending_))
    return "Cancel the request " + request->id.value + "? y/n";
  return "Unload " + std::get<UnloadModel>(*pending_).model + "? y/n";
}

void TopControl::move(const TopState& state, std::ptrdiff_t by) {
  if (!state.data)
    return;
  auto& index = list_ == List::requests ? request_ : model_;
  const auto size =
      list_ == List::requests ? state.data->requests.size() : state.data->models.size();
  const auto wanted = std::max<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(index) + by);
  index = within(static_cast<std::size_t>(wanted), size);
  remember(state);
}

void TopControl::remember(const TopState& state) {
  const auto& [health, models, requests, total] = *state.data;
  request_id_ = requests.empty() ? RequestId{} : requests[request_].id;
  model_name_ = models.empty() ? std::string{} : models[model_].name;
}

} // namespace nexus::llm::cli
