/* SPDX-License-Identifier: GPL-2.0-or-later */
/* order matters: process kernels first (before large allocations) */
{"syscall",k_syscall,280000},{"signal",k_signal,30000},{"pipe_pingpong",k_pipe,3500},{"fork",k_fork,400},{"fork_exec",k_forkexec,160},{"mmap_fault",k_mmap,90},{"mprotect",k_mprot,21000},
{"int_sieve",k_sieve,16},{"int_crc32",k_crc,2600},{"int_sha256",k_sha,850},{"int_sort",k_sort,2},{"int_muldiv",k_muldiv,200000000},
{"branchy",k_branchy,350},{"icall",k_icall,40000000},{"calls",k_calls,130},
{"fp_dmm",k_dmm,18},{"fp_nbody",k_nbody,150000},{"fp_mandel",k_mandel,18},{"fp32_fir",k_fir,150},{"fp_conv",k_fpconv,5300000},
{"vec_i32",k_vec_i32,32000},{"vec_f64",k_vec_f64,5000},{"vec_u8",k_vec_u8,180000},{"str",k_str,270000},
{"atomics",k_atomics,21000000},{"threads",k_threads,85000000},
{"chase_l1",k_chase_l1,250000000},{"chase_big",k_chase_big,1400000},{"memcpy",k_memcpy,24},{"memset",k_memset,50},
