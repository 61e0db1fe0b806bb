// Planes of codes of BITS bits.
#if BITS == 8
#define QUADS 2
#define HIGHS 0
#elif BITS == 7
#define QUADS 1
#define HIGHS 3
#elif BITS == 6
#define QUADS 1
#define HIGHS 2
#elif BITS == 5
#define QUADS 1
#define HIGHS 1
#elif BITS == 4
#define QUADS 1
#define HIGHS 0
#ifdef CODES_IN_PLACE
#define NIBBLES_IN_PLACE
#endif
#elif BITS == 3
#define QUADS 0
#define HIGHS 3
#ifdef CODES_IN_PLACE
#define TRIPLES_IN_PLACE
#endif
#elif BITS == 2
#define QUADS 0
#define HIGHS 2
#ifdef CODES_IN_PLACE
#define PAIRS_IN_PLACE
#endif
#endif
