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

namespace nexus::llm {

namespace {

/// The interval of a thread that can wait for nothing.
constexpr int deaf_milliseconds = 20;

/// Initialises the process-wide state of libcurl, once. Never torn down, since other code may use
/// it.
void initialise_curl() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK)
    throw std::runtime_error{"libcurl cannot be initialised"};
}

} // namespace

CurlMulti::CurlMulti() : multi_{(initialise_curl(), curl_multi_init())} {
  if (multi_ == nullptr)
    throw std::bad_alloc{};
  static_cast<void>(can_wait());
}

bool CurlMulti::add(CURL* easy) {
  if (curl_multi_add_handle(multi_.get(), easy) != CURLM_OK)
    return false;
  ++transfers_;
  return true;
}

void CurlMulti::remove(CURL* easy) {
  curl_multi_remove_handle(multi_.get(), easy);
  --transfers_;
}

CURLMsg* CurlMulti::next_message() {
  int left = 0;
  return curl_multi_info_read(multi_.get(), &left);
}

void CurlMulti::wake() {
  std::lock_guard lock{mutex_};
  if (woken_)
    woken_->raise();
}

bool CurlMulti::can_wait() {
  std::lock_guard lock{mutex_};
  if (woken_ || transfers_ > 0)
    return woken_.has_value();
  FileDescriptor epoll{::epoll_create1(EPOLL_CLOEXEC)};
  if (!epoll.valid())
    return false;
  try {
    woken_.emplace();
  } catch (const std::system_error&) {
    return false;
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = woken_->descriptor();
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, woken_->descriptor(), &event) != 0) {
    woken_.reset();
    return false;
  }
  epoll_ = std::move(epoll);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, static_cast<void*>(this));
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, static_cast<void*>(this));
  return true;
}

int CurlMulti::on_socket(CURL*, curl_socket_t socket, int what, void* user, void*) {
  // libcurl ends the transfer of a socket that cannot be watched.
  return static_cast<CurlMulti*>(user)->watch(socket, what) ? 0 : -1;
}

int CurlMulti::on_timer(CURLM*, long milliseconds, void* user) {
  auto& timer = static_cast<CurlMulti*>(user)->timer_;
  if (milliseconds < 0)
    timer.reset();
  else
    timer = Clock::now() + std::chrono::milliseconds{milliseconds};
  return 0;
}

bool CurlMulti::watch(curl_socket_t socket, int what) {
  if (what == CURL_POLL_REMOVE) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
    return true;
  }
  epoll_event event{};
  if ((what & CURL_POLL_IN) != 0)
    event.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0)
    event.events |= EPOLLOUT;
  event.data.fd = socket;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, socket, &event) == 0)
    return true;
  return errno == ENOENT && ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket, &event) == 0;
}

int CurlMulti::wait_milliseconds() const {
  if (!timer_)
    return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*timer_ - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

void CurlMulti::run_once() {
  int running = 0;
  if (!can_wait()) {
    ::poll(nullptr, 0, deaf_milliseconds);
    curl_multi_perform(multi_.get(), &running);
    return;
  }
  std::array<epoll_event, 64> events{};
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 wait_milliseconds());
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    if (event.data.fd == woken_->descriptor()) {
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
    curl_multi_socket_action(multi_.get(), event.data.fd, news, &running);
  }
  if (timer_ && *timer_ <= Clock::now()) {
    timer_.reset();
    curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
  }
}

} // namespace nexus::llm
