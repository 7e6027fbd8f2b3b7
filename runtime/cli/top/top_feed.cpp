// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/top/top_feed.hpp"

#include <poll.h>

#include <algorithm>
#include <utility>

namespace nexus::llm::cli {

namespace {
constexpr int ask_milliseconds = 1000;
} // namespace

TopFeed::TopFeed(LLMIntegration& llm, std::function<void()> end)
    : llm_{llm}, end_{std::move(end)}, thread_{[this] { run(); }} {}

TopFeed::~TopFeed() {
  {
    std::lock_guard lock{mutex_};
    stop_ = true;
  }
  wake_.raise();
  end_();
  thread_.join();
}

void TopFeed::order(TopAction action) {
  {
    std::lock_guard lock{mutex_};
    orders_.push_back(std::move(action));
  }
  wake_.raise();
}

TopFeed::News TopFeed::take() {
  std::lock_guard lock{mutex_};
  news_ready_.clear();
  auto news = news_;
  news_.message.clear();
  return news;
}

void TopFeed::run() {
  for (;;) {
    std::vector<TopAction> orders;
    {
      std::lock_guard lock{mutex_};
      if (stop_)
        return;
      orders.swap(orders_);
      wake_.clear();
    }
    std::string message;
    for (const auto& order : orders)
      message = perform(order);
    auto data = ask();
    {
      std::lock_guard lock{mutex_};
      if (data) {
        news_.data = std::move(*data);
        news_.at = Clock::now();
      }
      news_.trouble = data ? "" : sentence(data.error());
      if (!message.empty())
        news_.message = std::move(message);
    }
    news_ready_.raise();
    pollfd waken{wake_.descriptor(), POLLIN, 0};
    static_cast<void>(::poll(&waken, 1, ask_milliseconds));
  }
}

Result<TopData> TopFeed::ask() {
  TopData data;
  auto health = llm_.health();
  if (!health)
    return failure(std::move(health.error()));
  data.health = std::move(*health);
  for (const auto role : all_roles()) {
    auto running = llm_.running_requests(role);
    if (!running)
      return failure(std::move(running.error()));
    data.requests_total += running->total;
    std::ranges::move(running->requests, std::back_inserter(data.requests));
  }
  std::ranges::stable_sort(data.requests, std::ranges::greater{}, &RunningRequest::age);
  // An Ollama that does not answer has nothing in memory that is known of.
  if (data.health.reachable)
    if (auto models = llm_.running_models())
      data.models = std::move(models->models);
  return data;
}

std::string TopFeed::perform(const TopAction& action) {
  if (const auto* cancel = std::get_if<CancelRequest>(&action)) {
    const auto cancelled = llm_.cancel(cancel->role, cancel->id);
    if (!cancelled)
      return sentence(cancelled.error());
    return *cancelled ? "The request " + cancel->id.value + " is cancelled."
                      : "The request " + cancel->id.value + " has ended already.";
  }
  if (const auto* unload = std::get_if<UnloadModel>(&action)) {
    const auto unloaded = llm_.unload_model(unload->model);
    return unloaded ? unload->model + " is unloaded." : sentence(unloaded.error());
  }
  return {};
}

} // namespace nexus::llm::cli
