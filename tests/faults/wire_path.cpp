// SPDX-License-Identifier: BSD-3-Clause
// Fails each allocation of the client's wire path in turn: nexus-llm-wire-faults [STRIDE [SEED]]. A
// process of its own streams an answer, reads a list and downloads a model, from a simulator in
// another process; one allocation fails, or twenty in a row do. Each request ends with the whole
// answer or a typed error, and the same transport serves the next ones. `at FIRST COUNT` repeats
// one run.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <system_error>

#include "actors/ollama_client/curl_transport.hpp"
#include "actors/ollama_client/request_builder.hpp"
#include "actors/ollama_client/response_parser.hpp"
#include "actors/ollama_client/transfer_handlers.hpp"
#include "nexus_llm/simulator/simulator.hpp"
#include "tests/faults/failing_allocations.hpp"

namespace nexus::llm::test {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 5s;
constexpr unsigned patience_with_process = 30;
constexpr std::size_t most_in_a_row = 20;
const std::string model = "owl";

/// Long enough that no text of it fits into a string without memory, with all kinds of characters.
std::string reply() {
  std::string text;
  for (int i = 0; i < 30; ++i)
    text += "\"Who\" is number " + std::to_string(i) + "?\n\xF0\x9F\xA6\x89 ";
  return text;
}

/// What a process reports to the one that started it.
struct Report {
  std::size_t allocations;
  bool thrown;
  std::array<ErrorCode, 3> errors;
  std::array<bool, 3> failed;
  std::array<char, 400> fault; ///< what must not be
};

/// A request that cannot be told from one that was lost.
class Lost : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The events of one exchange.
class Exchange {
public:
  explicit Exchange(TransferId id) : id_{id} {}

  [[nodiscard]] TransferId id() const { return id_; }
  [[nodiscard]] std::shared_ptr<TransferInbox> inbox() const { return inbox_; }

  /// Waits for events, and passes each on until the exchange has ended.
  template <class Take> void run(Take take) {
    for (bool ended = false; !ended;) {
      std::unique_lock lock{shared_->mutex};
      if (!shared_->changed.wait_for(lock, patience, [this] { return shared_->news; }))
        throw Lost{"a request was not answered"};
      shared_->news = false;
      lock.unlock();
      for (auto& event : inbox_->take()) {
        take(event);
        ended = ended || event.outcome;
      }
    }
  }

private:
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    bool news = false;
  };
  TransferId id_;
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
  std::shared_ptr<TransferInbox> inbox_ = std::make_shared<TransferInbox>([shared = shared_] {
    std::lock_guard lock{shared->mutex};
    shared->news = true;
    shared->changed.notify_one();
  });
};

/// A client without actors.
class Client {
public:
  explicit Client(std::string base_url) : base_url_{std::move(base_url)} {}

  /// Returns the error of a streamed answer, if it is one.
  std::optional<LLMError> stream() {
    LLMRequest request;
    request.model = model;
    request.prompt = "Tell me";
    request.stream = true;
    Exchange exchange{++last_};
    start(exchange, "/api/generate", request_builder::body(request),
          make_stream_handler(last_, AnswerCollector{request, {}, subject()}, exchange.inbox()));
    const auto whole = reply();
    std::string seen;
    std::optional<Result<LLMResponse>> answer;
    exchange.run([&](TransferEvent& event) {
      for (const auto& chunk : event.chunks)
        seen += chunk.response;
      if (event.answer)
        answer = std::move(event.answer);
    });
    if (!answer)
      throw Lost{"a stream ended without an answer"};
    if (!whole.starts_with(seen) || (*answer && seen != whole))
      throw Lost{"the chunks of a stream are not its answer"};
    if (*answer && (*answer)->response != whole)
      throw Lost{"an answer is wrong"};
    if (!*answer && !whole.starts_with(answer->error().partial))
      throw Lost{"a partial answer is wrong"};
    return *answer ? std::nullopt : std::optional{std::move(answer->error())};
  }

  std::optional<LLMError> list() {
    Exchange exchange{++last_};
    start(exchange, "/api/tags", {}, make_body_handler(last_, 1 << 20, exchange.inbox()));
    std::optional<LLMError> error;
    exchange.run([&](TransferEvent& event) {
      if ((error = transfer_error(*event.outcome, subject(), false)))
        return;
      const auto list = response_parser::parse_tags(event.body.value(), 100);
      if (!list)
        error = list.error();
      else if (std::ranges::none_of(list->models,
                                    [](const auto& each) { return each.name.starts_with(model); }))
        throw Lost{"a list is wrong"};
    });
    return error;
  }

  std::optional<LLMError> download() {
    Exchange exchange{++last_};
    start(exchange, "/api/pull", request_builder::body(ModelTransfer{.model = "lark"}),
          make_pull_handler(last_, subject(), ErrorCode::registry_failed, exchange.inbox()));
    std::optional<Result<Ack>> pulled;
    exchange.run([&](TransferEvent& event) {
      if (event.pulled)
        pulled = std::move(event.pulled);
    });
    if (!pulled)
      throw Lost{"a download ended without a result"};
    return *pulled ? std::nullopt : std::optional{std::move(pulled->error())};
  }

private:
  void start(Exchange& exchange, const std::string& path, std::string body,
             std::unique_ptr<TransferHandler> handler) {
    const auto method = body.empty() ? HttpRequest::Method::get : HttpRequest::Method::post;
    transport_->start(exchange.id(),
                      {.method = method, .url = base_url_ + path, .body = std::move(body)},
                      std::move(handler));
  }
  [[nodiscard]] ExchangeSubject subject() const { return {model, base_url_}; }

  std::string base_url_;
  std::unique_ptr<Transport> transport_ = make_curl_transport();
  TransferId last_ = 0;
};

using Request = std::optional<LLMError> (Client::*)();
constexpr std::array<Request, 3> requests{&Client::stream, &Client::list, &Client::download};

/// Whether a caller of the transport sees the lack of memory as an exception. Without memory, a
/// thread cannot be started.
bool is_thrown(const auto& call) {
  try {
    call();
    return false;
  } catch (const std::bad_alloc&) {
    return true;
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::resource_unavailable_try_again)
      throw;
    return true;
  }
}

void note_fault(Report& report, const char* text) {
  std::snprintf(report.fault.data(), report.fault.size(), "%s", text);
}

/// Makes the requests with failing allocations, then again without.
void make_requests(const std::string& base_url, std::size_t first, std::size_t count,
                   Report& report) {
  std::optional<Client> client;
  fail_allocations(first, count);
  report.thrown = is_thrown([&] { client.emplace(base_url); });
  for (std::size_t i = 0; client && i < requests.size(); ++i)
    report.thrown = is_thrown([&] {
                      if (const auto error = (*client.*requests[i])()) {
                        report.failed[i] = true;
                        report.errors[i] = error->code;
                      }
                    }) ||
                    report.thrown;
  report.allocations = stop_failing_allocations();
  if (!client)
    client.emplace(base_url);
  for (const auto request : requests)
    if (const auto error = (*client.*request)())
      note_fault(report, ("afterwards: " + log_line(*error)).c_str());
}

/// Runs the requests in a process of its own. Returns how it ended.
int run(const std::string& base_url, std::size_t first, std::size_t count, Report& report) {
  report = {};
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(patience_with_process);
    try {
      make_requests(base_url, first, count, report);
    } catch (const std::exception& error) {
      stop_failing_allocations();
      note_fault(report, error.what());
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

/// A simulator in a process of its own, which ends with this one.
std::string start_simulator() {
  std::array<int, 2> address{};
  std::array<int, 2> end{};
  if (::pipe(address.data()) != 0 || ::pipe(end.data()) != 0)
    throw std::runtime_error{"no pipe"};
  char byte = 0;
  if (::fork() == 0) {
    ::close(end[1]);
    simulator::SimulatorOptions options;
    options.models = {{.name = model, .reply = reply()}};
    const simulator::Simulator simulator{options};
    const auto url = simulator.base_url();
    static_cast<void>(::write(address[1], url.data(), url.size()) + 0);
    static_cast<void>(::read(end[0], &byte, 1) + 0);
    ::_exit(0);
  }
  ::close(end[0]);
  std::array<char, 100> url{};
  const auto size = ::read(address[0], url.data(), url.size());
  if (size <= 0)
    throw std::runtime_error{"no simulator"};
  return {url.data(), static_cast<std::size_t>(size)};
}

Report& shared_report() {
  auto* memory =
      ::mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw std::runtime_error{"no memory to share"};
  return *static_cast<Report*>(memory);
}

int repeat(std::size_t first, std::size_t count) {
  Report report{};
  make_requests(start_simulator(), first, count, report);
  std::printf("%s\n", report.fault.data());
  return report.fault[0] == '\0' ? 0 : 1;
}

int walk(std::size_t stride, unsigned seed) {
  const auto base_url = start_simulator();
  auto& report = shared_report();
  if (run(base_url, 0, 0, report) != 0 || report.fault[0] != '\0')
    std::printf("without a failing allocation: %s\n", report.fault.data());
  const auto allocations = report.allocations;
  std::mt19937 random{seed};
  std::map<std::string, int> outcomes;
  int runs = 0;
  int faults = 0;
  for (const auto count : {std::size_t{1}, most_in_a_row})
    for (std::size_t first = 1 + random() % stride; first <= allocations; first += stride, ++runs) {
      const int status = run(base_url, first, count, report);
      if (status != 0)
        std::snprintf(report.fault.data(), report.fault.size(), "ended by signal %d",
                      WTERMSIG(status));
      if (report.fault[0] != '\0') {
        ++faults;
        std::printf("at %zu %zu: %s\n", first, count, report.fault.data());
      }
      bool any = report.thrown;
      if (report.thrown)
        ++outcomes["an exception for the caller"];
      for (std::size_t i = 0; i < requests.size(); ++i)
        if (report.failed[i]) {
          any = true;
          ++outcomes[std::string{to_string(report.errors[i])}];
        }
      if (!any)
        ++outcomes["whole answers only"];
    }
  std::printf("%d runs over %zu allocations (seed %u, each %zuth)\n", runs, allocations, seed,
              stride);
  for (const auto& [outcome, times] : outcomes)
    std::printf("%6d  %s\n", times, outcome.c_str());
  return faults == 0 && allocations > 0 ? 0 : 1;
}

} // namespace

} // namespace nexus::llm::test

int main(int argc, char** argv) {
  const auto number = [&](int index, unsigned long otherwise) {
    return argc > index ? std::strtoul(argv[index], nullptr, 10) : otherwise;
  };
  if (argc > 1 && argv[1] == std::string{"at"})
    return nexus::llm::test::repeat(number(2, 1), number(3, 1));
  return nexus::llm::test::walk(number(1, 1), static_cast<unsigned>(number(2, 1)));
}
