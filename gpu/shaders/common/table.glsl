// A table of TABLE_WORDS words among the constants: in shared memory where the kernel's workgroups are large.
#define NEEDS_TABLE
#ifdef SHARED_TABLE
shared uint sharedTable[TABLE_WORDS];
void prepareTable(uint table) {
  for (uint i = gl_LocalInvocationIndex; i < TABLE_WORDS; i += SHARED_TABLE) sharedTable[i] = loadTableWord(table + i);
  barrier();
}
uint tableWord(uint i) { return sharedTable[i]; }
#else
uint firstOfTable;
void prepareTable(uint table) { firstOfTable = table; }
uint tableWord(uint i) {
#ifdef LANES
  if (farTable == 1) return floatBitsToUint(loadConstant(firstOfTable + i));
#endif
  return loadTableWord(firstOfTable + i);
}
#endif
