/* Barkoczi & Galesic (2016), strategy best3, in plain C: the same work as the other peers of this benchmark.
 * Usage: peer <fully-connected|lattice> <worlds> <seed>; prints the mean payoff at t = 200 of each world.
 * Random numbers: Philox4x32-10 (Salmon et al. 2011), one block per agent and step. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 15, K = 7, AGENTS = 100, STEPS = 199, SAMPLE = 3, SIZE = 1 << (K + 1), OPTIONS = 1 << N };

typedef struct { uint32_t w[4]; } block;

static inline block philox(uint64_t key, uint32_t a, uint32_t b, uint32_t t, uint32_t stream) {
    uint32_t c0 = a, c1 = b, c2 = t, c3 = stream, k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int i = 0; i < 10; i++) {
        uint64_t p0 = 0xD2511F53ull * c0, p1 = 0xCD9E8D57ull * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return (block){{c0, c1, c2, c3}};
}

static inline int below(uint32_t word, int n) { return (int)(((uint64_t)word * (uint32_t)n) >> 32); }
static inline double unit(uint32_t hi, uint32_t lo) { return ((hi >> 5) * 67108864.0 + (lo >> 6)) / 9007199254740992.0; }

static double table[N][SIZE], payoff[OPTIONS];
static int partner[N][K], observed[AGENTS][AGENTS], n_observed[AGENTS];

static void landscape(uint64_t seed) {
    for (int bit = 0; bit < N; bit++) {
        for (int pair = 0; pair < SIZE / 2; pair++) {
            block r = philox(seed, 0, bit, pair, 1);
            table[bit][2 * pair] = floor(unit(r.w[0], r.w[1]) * 10 + 0.5);
            table[bit][2 * pair + 1] = floor(unit(r.w[2], r.w[3]) * 10 + 0.5);
        }
        int found = 0;
        for (int other = 0; other < N && found < K; other++) {
            block r = philox(seed, 0, bit, other, 2);
            if (unit(r.w[0], r.w[1]) * (N - other) < K - found) partner[bit][found++] = other;
        }
    }
    /* the look-up index of each bit is the sum of what the low and the high bits of the option say */
    enum { LOW = 5 };
    static int low_index[1 << LOW][N];
    int high_index[N];
    for (int low = 0; low < 1 << LOW; low++)
        for (int bit = 0; bit < N; bit++) {
            int index = low >> bit & 1;
            for (int j = 0; j < K; j++) index |= (low >> partner[bit][j] & 1) << (j + 1);
            low_index[low][bit] = index;
        }
    double high = 0;
    for (int h = 0; h < OPTIONS >> LOW; h++) {
        for (int bit = 0; bit < N; bit++) {
            int x = h << LOW, index = x >> bit & 1;
            for (int j = 0; j < K; j++) index |= (x >> partner[bit][j] & 1) << (j + 1);
            high_index[bit] = index;
        }
        for (int low = 0; low < 1 << LOW; low++) {
            double total = 0;
            for (int bit = 0; bit < N; bit++) total += table[bit][high_index[bit] + low_index[low][bit]];
            payoff[h << LOW | low] = total;
            if (total > high) high = total;
        }
    }
    for (int x = 0; x < OPTIONS; x++) {
        double s = payoff[x] / high, s2 = s * s, s4 = s2 * s2;
        payoff[x] = s4 * s4;
    }
}

static double run(uint64_t seed) {
    int option[AGENTS], next[AGENTS];
    double mean = 0;
    landscape(seed);
    for (int i = 0; i < AGENTS; i++) {
        int taken = 1;
        for (uint32_t attempt = 0; taken; attempt++) {
            option[i] = below(philox(seed, i, attempt, 0, 3).w[0], OPTIONS);
            taken = 0;
            for (int j = 0; j < i; j++) taken |= option[j] == option[i];
        }
    }
    for (int t = 1; t <= STEPS; t++) {
        for (int i = 0; i < AGENTS; i++) {
            block r = philox(seed, i, 0, t, 4);
            int pick[SAMPLE], best = option[i];
            for (int s = 0; s < SAMPLE; s++) {
                int last = n_observed[i] - SAMPLE + s;
                pick[s] = below(r.w[s], last + 1);
                for (int q = 0; q < s; q++)
                    if (pick[q] == pick[s]) { pick[s] = last; break; }
            }
            for (int s = 0; s < SAMPLE; s++) {
                int seen = option[observed[i][pick[s]]];
                if (payoff[seen] > payoff[best]) best = seen;
            }
            if (best == option[i]) {
                int tried = option[i] ^ 1 << below(r.w[3], N);
                if (payoff[tried] > payoff[best]) best = tried;
            }
            next[i] = best;
        }
        memcpy(option, next, sizeof option);
        mean = 0;
        for (int i = 0; i < AGENTS; i++) mean += payoff[option[i]];
    }
    return mean / AGENTS;
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    int is_lattice = !strcmp(argv[1], "lattice"), worlds = atoi(argv[2]);
    uint64_t seed = strtoull(argv[3], 0, 10);
    for (int i = 0; i < AGENTS; i++) {
        n_observed[i] = is_lattice ? 19 : AGENTS - 1;
        for (int d = 1; d <= n_observed[i]; d++) observed[i][d - 1] = (i + d) % AGENTS;
    }
    for (int world = 0; world < worlds; world++) printf("%.17g\n", run(seed * 1000003u + world));
    return 0;
}
