// SPDX-License-Identifier: BSD-3-Clause
#include "tests/reliability/kill_matrix.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <sstream>

#include "actors/internal_interfaces.hpp"
#include "tests/reliability/scene.hpp"

namespace nexus::llm::test {

using namespace std::chrono_literals;
using simulator::Fault;

namespace {

const std::vector<std::string> moments{"idle",       "queued",      "no byte yet",
                                       "mid-stream", "retry pause", "config change"};

const std::string supervisor = "RetrySupervisor";
const std::string request = "RequestActor";
const std::string connection = "connection";
const std::string the_subscriber = "subscriber";
const std::string the_requester = "requester";

const std::vector<std::string> victims{"RoleActor/overseer", "RoleActor/implementation",
                                       "ModelManagerActor",  "StreamingActor",
                                       "OllamaClientActor",  "ConfigActor",
                                       "HealthActor",        request,
                                       connection,           the_subscriber,
                                       the_requester,        supervisor};

const std::vector<std::string> deaths{"exit", "exception", "error"};
const std::vector<std::string> cuts{"reset", "closed", "server killed"};

/// Long enough to kill somebody meanwhile on a busy machine.
constexpr auto stall = 500ms;

class Cell {
public:
  Cell(std::string component, std::string moment, std::string way)
      : result_{std::move(component), std::move(moment), std::move(way), {}, {}},
        scene_{{.adjust = [this](LLMClientConfig& config) { adjust(config); }}} {}

  KillOutcome run() {
    if (!arrange())
      return trouble("the moment did not come");
    if (!kill())
      return trouble("the victim did not die");
    // Who asks a system that has ended is told so, although its settings are still being saved.
    if (is(supervisor) && settings_.valid())
      settings_.wait();
    scene_.store->open();
    tell_callers();
    tell_settings();
    if (has_callers() && aborts() && !scene_.sim.wait_until(left, 2s))
      trouble("the transfer was not aborted");
    tell_next_request();
    check_restart();
    if (auto left_behind = scene_.take_down(); !left_behind.empty())
      trouble(left_behind);
    check_counts();
    return result_;
  }

private:
  static bool left(const simulator::Counters& now) { return now.disconnects_seen > 0; }

  bool is(const std::string& component) const { return result_.component == component; }
  bool at(const std::string& moment) const { return result_.moment == moment; }
  bool has_callers() const { return first_ != nullptr; }
  /// Whether nobody is left who waits for the transfer that is under way.
  bool aborts() const {
    return (is(the_subscriber) || is(the_requester) || is(request) || is(supervisor)) &&
           (at("no byte yet") || at("mid-stream") || at("config change"));
  }

  void adjust(LLMClientConfig& config) const {
    // The pause that a busy server asks for is cut to this.
    config.max_retry_delay = stall;
    if (is(connection)) {
      config.max_retries = 20;
      config.retry_delay = 20ms;
    }
    if (is(supervisor) && result_.way == "error")
      config.restarts.max_restarts = 0;
  }

  KillOutcome& trouble(const std::string& what) {
    result_.trouble += (result_.trouble.empty() ? "" : "; ") + what;
    return result_;
  }

  void say(const std::string& what) {
    result_.outcome += (result_.outcome.empty() ? "" : ", ") + what;
  }

  /// What happens to the first request, before it is made.
  Fault fault() const {
    const bool reset = result_.way == "reset";
    const bool cut = is(connection) && (reset || result_.way == "closed");
    if (at("retry pause"))
      return Fault::busy(1);
    if (at("mid-stream")) {
      if (cut)
        return reset ? Fault::reset_after_lines(3) : Fault::close_after_lines(3);
      return Fault::stall_after_lines(3, stall);
    }
    if (cut)
      return Fault::raw({{.bytes = {}, .delay = stall}},
                        reset ? Fault::Ending::rst : Fault::Ending::fin);
    return Fault::stall_before_response(stall);
  }

  bool arrange() {
    if (at("idle"))
      return scene_.ask_once(AIRole::overseer) == "answered";
    scene_.sim.inject(fault());
    if (at("config change")) {
      scene_.store->shut();
      settings_ = std::async(std::launch::async, [this] { return change_settings(); });
      if (!scene_.store->wait_for_visitor())
        return false;
    }
    first_ = &scene_.stream("first");
    first_record_ = first_->record;
    if (at("mid-stream"))
      return first_->record->wait_until([](const Record& seen) { return seen.chunks >= 3; });
    if (at("retry pause"))
      return first_->record->wait_until([](const Record& seen) {
        return std::count(seen.phases.begin(), seen.phases.end(), Phase::retrying) > 0;
      });
    if (!scene_.sim.wait_until([](const auto& now) { return now.faults_fired == 1; }, patience))
      return false;
    if (!at("queued"))
      return true;
    second_ = &scene_.stream("second");
    second_record_ = second_->record;
    return second_->record->wait_until([](const Record& seen) {
      return std::count(seen.phases.begin(), seen.phases.end(), Phase::queued) > 0;
    });
  }

  std::string change_settings() {
    caf::scoped_actor self{scene_.system()};
    std::string outcome;
    ask(self, scene_.llm().config(), patience, update_config_atom_v,
        std::string{R"({"timeout": 123})"})
        .receive(
            [&outcome](const LLMClientConfig& config) {
              outcome = config.timeout == 123s ? "settings changed" : "settings not changed";
            },
            [&outcome](const caf::error& error) {
              outcome = "settings: `" + std::string{to_string(to_llm_error(error).code)} + "`";
            });
    return outcome;
  }

  /// The caller that a kill of a requester or subscriber is about.
  Caller* victim() const { return second_ != nullptr ? second_ : first_; }

  bool kill() {
    if (is(connection)) {
      if (result_.way == "server killed") {
        scene_.sim.stop();
        scene_.sim.start();
      }
      return true;
    }
    const auto death = result_.way == "exit"        ? Death::exit
                       : result_.way == "exception" ? Death::exception
                                                    : Death::error;
    caf::strong_actor_ptr target;
    auto order = target;
    auto how = death;
    if (is(supervisor)) {
      target = scene_.llm().root();
      order = target;
      // A component fails that has no restart left.
      if (death == Death::error) {
        order = scene_.component("RoleActor/implementation");
        how = Death::exit;
      }
    } else if (is(the_subscriber) || is(the_requester)) {
      if (victim() == nullptr)
        bystander_ = &scene_.stream("a caller of before");
      auto* caller = victim() != nullptr ? victim() : bystander_;
      if (bystander_ != nullptr && !finished(*caller))
        return false;
      target = is(the_subscriber) ? caf::actor_cast<caf::strong_actor_ptr>(caller->subscriber)
                                  : caf::actor_cast<caf::strong_actor_ptr>(caller->requester);
      order = target;
    } else if (is(request)) {
      target = order = scene_.component(second_ != nullptr ? "second" : "first");
    } else {
      target = before_ = scene_.component(result_.component);
      order = target;
    }
    if (!order)
      return false;
    // It takes no orders, but throws where it is to start what there is not.
    if (is(supervisor) && death == Death::exception)
      anon_tell(caf::actor_cast<supervisor_internal>(order), restart_atom_v, std::uint64_t{999});
    else
      order_death(order, how);
    // It stands at the gate and hears nothing.
    if (is("ConfigActor"))
      scene_.store->open();
    return wait_for_death(scene_.system(), target, patience);
  }

  static bool finished(const Caller& caller) {
    return caller.record->wait_until(
        [](const Record& seen) { return !seen.answers.empty() && seen.ends > 0; });
  }

  void tell_callers() {
    for (auto* caller : {first_, second_}) {
      if (caller == nullptr)
        continue;
      const bool mute = is(the_requester) && caller == victim();
      const bool deaf = is(the_subscriber) && caller == victim();
      const auto& record = *caller->record;
      if (!mute && !record.wait_until([](const Record& seen) { return !seen.answers.empty(); }))
        trouble("a requester got no answer");
      if (!deaf && !record.wait_until([](const Record& seen) { return seen.ends > 0; }))
        trouble("a subscriber got no end");
      if (result_.trouble.empty())
        say(words_for(record, mute, caller == second_));
    }
  }

  std::string words_for(const Record& record, bool mute, bool second) const {
    auto name = [](const std::string& code) {
      return code == "answered" ? code : "`" + code + "`";
    };
    std::string words = second ? "the queued one " : second_ != nullptr ? "the first " : "";
    if (mute)
      return words + "subscriber told `" + record.end_code + "`";
    const bool again = std::count(record.phases.begin(), record.phases.end(), Phase::restarted) > 0;
    return words + name(record.answers.front()) + (again ? " after starting over" : "");
  }

  void tell_settings() {
    if (settings_.valid())
      say(settings_.get());
  }

  void tell_next_request() {
    for (const auto role : all_roles()) {
      const auto next = scene_.ask_once(role);
      if (is(supervisor) ? next == "answered" : next != "answered")
        trouble("the next request: " + next);
    }
    if (at("idle"))
      say(is(supervisor) ? "requests fail at once" : "the next request answered");
  }

  void check_restart() {
    if (!before_)
      return;
    const auto now = scene_.component(result_.component);
    if (!now || now == before_)
      trouble("it was not restarted");
  }

  void check_counts() {
    for (auto* record : {first_record_.get(), second_record_.get()})
      if (record != nullptr && (record->answers.size() > 1 || record->ends > 1))
        trouble("a caller was answered more than once");
  }

  KillOutcome result_;
  Scene scene_;
  Caller* first_ = nullptr;
  Caller* second_ = nullptr;
  Caller* bystander_ = nullptr;
  std::shared_ptr<Record> first_record_;
  std::shared_ptr<Record> second_record_;
  caf::strong_actor_ptr before_;
  std::future<std::string> settings_;
};

} // namespace

std::vector<KillOutcome> run_kill_matrix() {
  std::vector<KillOutcome> cells;
  for (const auto& component : victims)
    for (const auto& moment : moments)
      for (const auto& way : component == connection ? cuts : deaths) {
        // There is no exchange whose connection could be cut.
        const bool at_rest = moment == "idle" || moment == "retry pause";
        if (component == request && moment == "idle")
          continue;
        if (component == connection && at_rest && way != "server killed")
          continue;
        cells.push_back({component, moment, way, {}, {}});
      }
  // Most of a cell is waiting.
  constexpr std::size_t at_a_time = 8;
  std::atomic<std::size_t> next = 0;
  std::vector<std::future<void>> workers;
  for (std::size_t i = 0; i < at_a_time; ++i)
    workers.push_back(std::async(std::launch::async, [&cells, &next] {
      for (auto index = next++; index < cells.size(); index = next++) {
        auto& cell = cells[index];
        cell = Cell{cell.component, cell.moment, cell.way}.run();
      }
    }));
  for (auto& worker : workers)
    worker.get();
  return cells;
}

std::string kill_matrix_table(const std::vector<KillOutcome>& outcomes) {
  // What all ways have in common is said once.
  std::map<std::string, std::map<std::string, std::vector<const KillOutcome*>>> cells;
  for (const auto& outcome : outcomes)
    cells[outcome.component][outcome.moment].push_back(&outcome);
  std::ostringstream out;
  out << "| killed |";
  for (const auto& moment : moments)
    out << ' ' << moment << " |";
  out << "\n| --- |";
  for (std::size_t i = 0; i < moments.size(); ++i)
    out << " --- |";
  out << '\n';
  for (const auto& component : victims) {
    out << "| " << component << " |";
    for (const auto& moment : moments) {
      const auto& ways = cells[component][moment];
      const bool same = std::all_of(ways.begin(), ways.end(), [&ways](const auto* one) {
        return one->outcome == ways.front()->outcome;
      });
      std::string text;
      for (const auto* one : ways) {
        text += same ? one->outcome : (text.empty() ? "" : "; ") + one->way + ": " + one->outcome;
        if (same)
          break;
      }
      out << ' ' << text << " |";
    }
    out << '\n';
  }
  return out.str();
}

} // namespace nexus::llm::test
