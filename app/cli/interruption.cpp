#include "app/cli/interruption.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <stop_token>
#include <thread>

namespace app::cli {

namespace {

/// How many seconds work may take to notice that it was cancelled.
std::atomic<std::int64_t> patienceSeconds{2};

std::atomic<int> receivedSignal{0};

std::stop_source& stopSource() {
  static std::stop_source source;
  return source;
}

[[noreturn]] void dieOf(int signal) {
  std::signal(signal, SIG_DFL);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal);
  pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
  std::raise(signal);
  _exit(128 + signal);
}

/// The signals somebody wants to arrive: a command started in the background ignores Ctrl+C, nohup the closed terminal.
sigset_t endingSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    if (sigaction(signal, nullptr, &action) == 0 && action.sa_handler != SIG_IGN) sigaddset(&set, signal);
  }
  return set;
}

void waitForSignals(sigset_t set) {
  int signal = 0;
  if (sigwait(&set, &signal) != 0) return;
  receivedSignal = signal;
  stopSource().request_stop();
  // A second signal means now.
  const timespec patience{patienceSeconds, 0};
  sigtimedwait(&set, nullptr, &patience);
  dieOf(signal);
}

}  // namespace

Interruption::Interruption() {
  stopSource();
  const sigset_t set = endingSignals();
  // Threads inherit the mask, so that only the one that waits gets the signals.
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::thread(waitForSignals, set).detach();
}

void Interruption::endAsSignalled() {
  if (const int signal = receivedSignal; signal != 0) dieOf(signal);
}

const core::JobContext& interruptibleJob() {
  static const core::JobContext job(stopSource().get_token());
  return job;
}

std::stop_token interruptionToken() { return stopSource().get_token(); }

void allowPatience(std::chrono::seconds patience) { patienceSeconds = patience.count(); }

}  // namespace app::cli
