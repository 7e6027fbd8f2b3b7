// SPDX-License-Identifier: BSD-3-Clause
#include "actors/ollama_client/curl_multi.hpp"

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace nexus::llm {

namespace {

/// The interval of a thread that can wait for nothing.
constexpr int deaf_milliseconds = 20;

/// More events are left to the next round, so that commands are not kept waiting.
constexpr std::size_t most_events_of_round = 256;

// What epoll returns for a descriptor: the shard and the socket in one number.
constexpr std::uint64_t wake_mark = std::numeric_limits<std::uint64_t>::max();

constexpr std::uint64_t mark_of(std::uint32_t shard, curl_socket_t socket) {
  return (std::uint64_t{shard} << 32) | static_cast<std::uint32_t>(socket);
}
constexpr std::size_t shard_of(std::uint64_t mark) { return mark >> 32; }
constexpr curl_socket_t socket_of(std::uint64_t mark) {
  return static_cast<curl_socket_t>(mark & 0xffff'ffffu);
}

/// Initialises the process-wide state of libcurl, once. Never torn down, since other code may use
/// it.
void initialise_curl() {
  // What throws is tried again the next time.
  static const bool done = [] {
    const auto result = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (result == CURLE_OUT_OF_MEMORY)
      throw std::bad_alloc{};
    if (result != CURLE_OK)
      throw std::runtime_error{"libcurl cannot be initialised"};
    return true;
  }();
  static_cast<void>(done);
}

} // namespace

CurlMulti::CurlMulti() {
  initialise_curl();
  if (make_shard() == nullptr)
    throw std::bad_alloc{};
  static_cast<void>(can_wait());
}

CurlMulti::Shard* CurlMulti::make_shard() {
  auto shard = std::make_unique<Shard>(Shard{this, static_cast<std::uint32_t>(shards_.size())});
  if (!make_multi(*shard))
    return nullptr;
  shards_.push_back(std::move(shard));
  return shards_.back().get();
}

bool CurlMulti::make_multi(Shard& shard) {
  shard.multi.reset(curl_multi_init());
  if (shard.multi && epoll_.valid())
    connect(shard);
  return shard.multi != nullptr;
}

CurlMulti::Shard* CurlMulti::shard_with_room() {
  // The first, so that a few transfers share their connections.
  const auto found = std::ranges::find_if(shards_, [](const auto& shard) {
    return shard->transfers < most_transfers_of_shard && !shard->broken;
  });
  if (found == shards_.end())
    return make_shard();
  return (*found)->multi || make_multi(**found) ? found->get() : nullptr;
}

void CurlMulti::connect(Shard& shard) {
  auto* multi = shard.multi.get();
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, static_cast<void*>(&shard));
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, static_cast<void*>(&shard));
}

bool CurlMulti::add(CURL* easy) {
  try {
    auto* shard = shard_with_room();
    if (shard == nullptr)
      return false;
    const auto entry = transfers_.emplace(easy, shard).first;
    if (curl_multi_add_handle(shard->multi.get(), easy) != CURLM_OK) {
      transfers_.erase(entry);
      return false;
    }
    ++shard->transfers;
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void CurlMulti::remove(CURL* easy) {
  auto* shard = transfers_.extract(easy).mapped();
  curl_multi_remove_handle(shard->multi.get(), easy);
  --shard->transfers;
  renew_if_idle(*shard);
}

void CurlMulti::renew_if_idle(Shard& shard) {
  if (!shard.broken || shard.transfers > 0)
    return;
  shard.multi.reset();
  shard.timer.reset();
  shard.broken = false;
}

bool CurlMulti::has_lost_any() const {
  return std::ranges::any_of(shards_, [](const auto& shard) { return shard->broken; });
}

CURLMsg* CurlMulti::next_message() {
  int left = 0;
  for (const auto& shard : shards_)
    if (auto* message = !shard->multi ? nullptr : curl_multi_info_read(shard->multi.get(), &left))
      return message;
  return nullptr;
}

void CurlMulti::wake() {
  std::lock_guard lock{mutex_};
  if (woken_)
    woken_->raise();
}

bool CurlMulti::can_wait() {
  std::lock_guard lock{mutex_};
  if (woken_ || !transfers_.empty())
    return woken_.has_value();
  FileDescriptor epoll{::epoll_create1(EPOLL_CLOEXEC)};
  try {
    woken_.emplace();
  } catch (const std::system_error&) {
    return false;
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = wake_mark;
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, woken_->descriptor(), &event) != 0) {
    woken_.reset();
    return false;
  }
  epoll_ = std::move(epoll);
  for (const auto& shard : shards_)
    if (shard->multi)
      connect(*shard);
  return true;
}

int CurlMulti::on_socket(CURL*, curl_socket_t socket, int what, void* user, void*) {
  const auto& shard = *static_cast<Shard*>(user);
  // libcurl ends the transfer of a socket that cannot be watched.
  return shard.owner->watch(shard, socket, what) ? 0 : -1;
}

int CurlMulti::on_timer(CURLM*, long milliseconds, void* user) {
  auto& timer = static_cast<Shard*>(user)->timer;
  if (milliseconds < 0)
    timer.reset();
  else
    timer = Clock::now() + std::chrono::milliseconds{milliseconds};
  return 0;
}

bool CurlMulti::watch(const Shard& shard, curl_socket_t socket, int what) {
  if (what == CURL_POLL_REMOVE) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
    return true;
  }
  epoll_event event{};
  if ((what & CURL_POLL_IN) != 0)
    event.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0)
    event.events |= EPOLLOUT;
  event.data.u64 = mark_of(shard.index, socket);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, socket, &event) == 0)
    return true;
  return errno == ENOENT && ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket, &event) == 0;
}

int CurlMulti::wait_milliseconds(std::optional<std::chrono::milliseconds> longest) const {
  std::optional<Clock::time_point> first;
  if (longest)
    first = Clock::now() + *longest;
  for (const auto& shard : shards_)
    if (shard->timer && (!first || *shard->timer < *first))
      first = shard->timer;
  if (!first)
    return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*first - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

void CurlMulti::run_once(std::optional<std::chrono::milliseconds> longest) {
  int running = 0;
  if (!can_wait()) {
    ::poll(nullptr, 0, deaf_milliseconds);
    for (const auto& shard : shards_)
      if (shard->multi)
        curl_multi_perform(shard->multi.get(), &running);
    return;
  }
  std::array<epoll_event, most_events_of_round> events{};
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 wait_milliseconds(longest));
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    if (event.data.u64 == wake_mark) {
      woken_->clear();
      continue;
    }
    int news = 0;
    if ((event.events & EPOLLIN) != 0)
      news |= CURL_CSELECT_IN;
    if ((event.events & EPOLLOUT) != 0)
      news |= CURL_CSELECT_OUT;
    if ((event.events & (EPOLLERR | EPOLLHUP)) != 0)
      news |= CURL_CSELECT_ERR;
    process(*shards_[shard_of(event.data.u64)], socket_of(event.data.u64), news);
  }
  for (const auto& shard : shards_)
    if (shard->timer && *shard->timer <= Clock::now()) {
      shard->timer.reset();
      process(*shard, CURL_SOCKET_TIMEOUT, 0);
    }
}

void CurlMulti::process(Shard& shard, curl_socket_t socket, int news) {
  int running = 0;
  // After a failure, libcurl 7.88 crashes where it meets the same socket again.
  if (!shard.multi || shard.broken ||
      curl_multi_socket_action(shard.multi.get(), socket, news, &running) == CURLM_OK)
    return;
  shard.broken = true;
  renew_if_idle(shard);
}

} // namespace nexus::llm
