// What tests take for NVIDIA's management library: cards that are told what they have used.
#include <cstring>

namespace {
struct Card {
  const char* address;
  unsigned long long millijoules;
};
Card cards[] = {{"0000:01:00.0", 5000}, {"0000:41:00.0", 70000}};
unsigned cardCount = 1;
int initResult = 0, energyResult = 0, users = 0;
}  // namespace

// Told by the test.
extern "C" {
void fakeCards(unsigned count) { cardCount = count; }
void fakeEnergy(unsigned card, unsigned long long millijoules) { cards[card].millijoules = millijoules; }
void fakeResults(int init, int energy) { initResult = init, energyResult = energy; }
int fakeUsers() { return users; }

// As NVML has them.
int nvmlInit_v2() { return initResult == 0 ? ++users, 0 : initResult; }
int nvmlShutdown() { return --users, 0; }
int nvmlDeviceGetCount_v2(unsigned* count) { return *count = cardCount, 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  if (index >= cardCount) return 2;
  return *device = &cards[index], 0;
}
int nvmlDeviceGetHandleByPciBusId_v2(const char* address, void** device) {
  for (unsigned i = 0; i < cardCount; ++i)
    if (std::strcmp(cards[i].address, address) == 0) return *device = &cards[i], 0;
  return 6;
}
#ifndef QS_OLD_NVML
int nvmlDeviceGetTotalEnergyConsumption(void* device, unsigned long long* millijoules) {
  if (energyResult != 0) return energyResult;
  return *millijoules = static_cast<const Card*>(device)->millijoules, 0;
}
#endif
}
