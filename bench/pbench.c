// SPDX-License-Identifier: GPL-2.0-or-later
/* pbench: portable guest/native micro-benchmark, single file, no deps.
 * usage: pbench [-r REPS] [-s SCALE] all | list | NAME...
 * prints: "name seconds checksum" (min of REPS, CLOCK_MONOTONIC).
 * build: $CC -O2 [-mcpu=power8] -static -pthread -o pbench pbench.c -lm */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <stdint.h>
#include <string.h>
#include <math.h>
#include <time.h>
#include <unistd.h>
#include <signal.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sys/syscall.h>
#define NI __attribute__((noinline,noclone))
typedef uint64_t u64; typedef uint32_t u32; typedef uint8_t u8;
static u32 rs=12345; static inline u32 rnd(void){ rs^=rs<<13; rs^=rs>>17; rs^=rs<<5; return rs; }
static double now(void){ struct timespec t; clock_gettime(CLOCK_MONOTONIC,&t); return t.tv_sec+t.tv_nsec*1e-9; }
static void *xalloc(size_t n){ void*p; if(posix_memalign(&p,64,n)) abort(); memset(p,1,n); return p; }
static double t0_; /* kernels restart this after their setup */
static void start(void){ t0_=now(); }

static NI u64 k_sieve(long n){ enum{N=2000000}; static u8 *f; if(!f) f=xalloc(N); u64 c=0; start();
  while(n--){ c=0; memset(f,1,N); for(u32 i=2;i<N;i++) if(f[i]){ c++; for(u64 j=(u64)i*i;j<N;j+=i) f[j]=0; } } return c; }
static NI u64 k_crc(long n){ static u32 t[256]; static u8 b[65536]; rs=1; for(int i=0;i<65536;i++) b[i]=rnd();
  for(u32 i=0;i<256;i++){ u32 c=i; for(int k=0;k<8;k++) c=c&1?0xEDB88320u^(c>>1):c>>1; t[i]=c; }
  start(); u32 c=~0u; while(n--) for(int i=0;i<65536;i++) c=t[(c^b[i])&255]^(c>>8); return ~c; }
static const u32 K[64]={0x428a2f98,0x71374491,0xb5c0fbcf,0xe9b5dba5,0x3956c25b,0x59f111f1,0x923f82a4,0xab1c5ed5,0xd807aa98,0x12835b01,0x243185be,0x550c7dc3,0x72be5d74,0x80deb1fe,0x9bdc06a7,0xc19bf174,0xe49b69c1,0xefbe4786,0x0fc19dc6,0x240ca1cc,0x2de92c6f,0x4a7484aa,0x5cb0a9dc,0x76f988da,0x983e5152,0xa831c66d,0xb00327c8,0xbf597fc7,0xc6e00bf3,0xd5a79147,0x06ca6351,0x14292967,0x27b70a85,0x2e1b2138,0x4d2c6dfc,0x53380d13,0x650a7354,0x766a0abb,0x81c2c92e,0x92722c85,0xa2bfe8a1,0xa81a664b,0xc24b8b70,0xc76c51a3,0xd192e819,0xd6990624,0xf40e3585,0x106aa070,0x19a4c116,0x1e376c08,0x2748774c,0x34b0bcb5,0x391c0cb3,0x4ed8aa4a,0x5b9cca4f,0x682e6ff3,0x748f82ee,0x78a5636f,0x84c87814,0x8cc70208,0x90befffa,0xa4506ceb,0xbef9a3f7,0xc67178f2};
#define RR(x,n) (((x)>>(n))|((x)<<(32-(n))))
static NI void sha_blk(u32 *h,const u8 *p){ u32 w[64]; for(int i=0;i<16;i++) w[i]=(u32)p[4*i]<<24|p[4*i+1]<<16|p[4*i+2]<<8|p[4*i+3];
  for(int i=16;i<64;i++){ u32 a=RR(w[i-15],7)^RR(w[i-15],18)^(w[i-15]>>3), b=RR(w[i-2],17)^RR(w[i-2],19)^(w[i-2]>>10); w[i]=w[i-16]+a+w[i-7]+b; }
  u32 a=h[0],b=h[1],c=h[2],d=h[3],e=h[4],f=h[5],g=h[6],k=h[7];
  for(int i=0;i<64;i++){ u32 t1=k+(RR(e,6)^RR(e,11)^RR(e,25))+((e&f)^(~e&g))+K[i]+w[i], t2=(RR(a,2)^RR(a,13)^RR(a,22))+((a&b)^(a&c)^(b&c));
    k=g;g=f;f=e;e=d+t1;d=c;c=b;b=a;a=t1+t2; }
  h[0]+=a;h[1]+=b;h[2]+=c;h[3]+=d;h[4]+=e;h[5]+=f;h[6]+=g;h[7]+=k; }
static NI u64 k_sha(long n){ static u8 b[65536]; rs=2; for(int i=0;i<65536;i++) b[i]=rnd(); u32 h[8]={1,2,3,4,5,6,7,8};
  start(); while(n--) for(int i=0;i<65536;i+=64) sha_blk(h,b+i); return (u64)h[0]<<32|h[7]; }
static int cmpi(const void*a,const void*b){ int x=*(const int*)a,y=*(const int*)b; return (x>y)-(x<y); }
static NI u64 k_sort(long n){ static int *a; if(!a) a=xalloc(4000000); u64 s=0; t0_=0; double acc=0;
  while(n--){ rs=3; for(int i=0;i<1000000;i++) a[i]=rnd(); double t=now(); qsort(a,1000000,4,cmpi); acc+=now()-t; s=s*31+(u32)a[500000]; }
  t0_=now()-acc; return s; }
#ifdef __SIZEOF_INT128__
static u64 mulhi(u64 a,u64 b){ return (u64)(((unsigned __int128)a*b)>>64); }
#else
static u64 mulhi(u64 a,u64 b){ u64 al=(u32)a,ah=a>>32,bl=(u32)b,bh=b>>32,m=ah*bl+((al*bl)>>32); return ah*bh+(m>>32)+((al*bh+(u32)m)>>32); }
#endif
static NI u64 k_muldiv(long n){ start(); u64 x=0x9E3779B97F4A7C15ull,s=0; for(long i=1;i<=n;i++){ x=x*6364136223846793005ull+1442695040888963407ull; s+=x%(u64)(i|1); s^=mulhi(x,s); s+=(u32)x/(u32)(i|3); } return s; }
/* bytecode VM */
enum{PUSH,ADD,SUB,MUL,XOR,SHR,DUP,SWAP,JNZ,LOADV,STOREV,DEC,HALT};
static NI u64 vm(const u8*pc0){ u64 st[32],v[4]={0},*sp=st; const u8*pc=pc0; u64 a;
  for(;;) switch(*pc++){
  case PUSH: *sp++=*pc++; break; case ADD: sp--; sp[-1]+=*sp; break; case SUB: sp--; sp[-1]-=*sp; break; case MUL: sp--; sp[-1]*=*sp; break;
  case XOR: sp--; sp[-1]^=*sp; break; case SHR: sp--; sp[-1]>>=*sp&63; break; case DUP: *sp=sp[-1]; sp++; break; case SWAP: a=sp[-1]; sp[-1]=sp[-2]; sp[-2]=a; break;
  case JNZ: a=*--sp; if(a) pc+=(int8_t)*pc; else pc++; break; case LOADV: *sp++=v[*pc++]; break; case STOREV: v[*pc++]=*--sp; break; case DEC: sp[-1]--; break;
  case HALT: return v[1]; } }
static NI u64 k_branchy(long n){ static const u8 prog[]={PUSH,250,PUSH,40,MUL,STOREV,0, /*7:*/ LOADV,1,PUSH,33,MUL,LOADV,0,XOR,DUP,PUSH,7,SHR,XOR,PUSH,3,ADD,STOREV,1,LOADV,0,PUSH,1,SWAP,SWAP,SUB,DUP,STOREV,0,JNZ,(u8)(7-36),HALT};
  u64 s=0; start(); while(n--) s=s*3+vm(prog); return s; }
static NI u64 f0(u64 x){return x+1;} static NI u64 f1(u64 x){return x*3;} static NI u64 f2(u64 x){return x^(x>>7);} static NI u64 f3(u64 x){return x-5;}
static NI u64 k_icall(long n){ u64(*volatile ft[4])(u64)={f0,f1,f2,f3}; u64 x=1; start(); while(n--) x=ft[(x>>3)&3](x+n); return x; }
static NI u64 fib(int n){ return n<2?(u64)n:fib(n-1)+fib(n-2); }
static NI u64 k_calls(long n){ u64 s=0; start(); while(n--) s+=fib(27); return s; }
enum{MB64=64<<20};
static u8*big(int w){ static u8*p[2]; if(!p[w]) p[w]=xalloc(MB64); return p[w]; }
static NI u64 k_memcpy(long n){ u8*a=big(0),*b=big(1); memset(a,1,MB64); start(); while(n--){ memcpy(b,a,MB64); a[n&4095]++; } return b[0]+b[12345]+b[MB64-1]; }
static NI u64 k_memset(long n){ u8*a=big(0); start(); while(n--) memset(a,(int)n&1,MB64); return a[777]; }
static NI u64 k_str(long n){ static char b[4096]; memset(b,'a',4095); u64 s=0; start(); while(n--){ b[n&1023]='b'; s+=strlen(b+(n&31)); s+=(char*)memchr(b,'b',4095)-b; s+=strcmp(b,b+1)>0; b[n&1023]='a'; } return s; }
static NI u64 chase(size_t nodes,long n){ static void**p; static size_t cap; if(cap<nodes){ p=xalloc(nodes*64); cap=nodes; } u32*ix=xalloc(nodes*4); rs=5; for(size_t i=0;i<nodes;i++) ix[i]=i;
  for(size_t i=nodes-1;i;i--){ size_t j=rnd()%i; u32 t=ix[i]; ix[i]=ix[j]; ix[j]=t; }
  for(size_t i=0;i<nodes;i++) p[(size_t)ix[i]*8]=&p[(size_t)ix[(i+1)%nodes]*8];
  free(ix);
  void**q=p; start(); while(n--) q=*q; return (q-p)/8; }
static NI u64 k_chase_l1(long n){ return chase(256,n); }
static NI u64 k_chase_big(long n){ return chase(1<<19,n); }
static u64 dbits(double d){ u64 u; memcpy(&u,&d,8); return u; }
enum{D=128}; static double A[D][D],B[D][D],C[D][D];
static NI void dmm(void){ for(int i=0;i<D;i++) for(int j=0;j<D;j++){ double s=0; for(int k=0;k<D;k++) s+=A[i][k]*B[k][j]; C[i][j]=s; } }
static NI u64 k_dmm(long n){ for(int i=0;i<D;i++) for(int j=0;j<D;j++){ A[i][j]=(i*7+j)%13*0.37+0.1; B[i][j]=(i+j*5)%11*0.21-0.3; } start(); while(n--){ dmm(); A[n%D][3]+=C[5][n%D]*1e-6; } return dbits(C[7][9]+C[100][3]); }
static NI u64 k_nbody(long n){ double x[5][3],v[5][3],m[5]; for(int i=0;i<5;i++){ m[i]=1.0/(i+1); for(int k=0;k<3;k++){ x[i][k]=i*1.3+k*0.7*(i&1?-1:1)+0.1*i*k; v[i][k]=0.01*(i-k); } } start();
  while(n--){ for(int i=0;i<5;i++) for(int j=i+1;j<5;j++){ double d[3],r=0; for(int k=0;k<3;k++){ d[k]=x[i][k]-x[j][k]; r+=d[k]*d[k]; } double mag=0.001/((r+0.01)*sqrt(r+0.01)); for(int k=0;k<3;k++){ v[i][k]-=d[k]*m[j]*mag; v[j][k]+=d[k]*m[i]*mag; } }
    for(int i=0;i<5;i++) for(int k=0;k<3;k++) x[i][k]+=0.001*v[i][k]; } return dbits(x[0][0]+x[4][2]); }
static NI u64 k_mandel(long n){ u64 c=0; start(); while(n--) for(int py=0;py<64;py++) for(int px=0;px<64;px++){ double cr=px/32.0-1.5,ci=py/32.0-1.0,zr=0,zi=0; int i=0; while(i<200){ double a=zr*zr,b=zi*zi; if(a+b>4) break; zi=2*zr*zi+ci; zr=a-b+cr; i++; } c+=i; } return c; }
static NI u64 k_fir(long n){ static float in[4096+64],out[4096],co[64]; for(int i=0;i<4160;i++) in[i]=(i*37%101)*0.01f; for(int i=0;i<64;i++) co[i]=(i-32)*0.003f; start();
  while(n--){ for(int i=0;i<4096;i++){ float s=0; for(int k=0;k<64;k++) s+=in[i+k]*co[k]; out[i]=s; } in[n&4095]+=out[17]*1e-3f; } u32 u; memcpy(&u,&out[99],4); return u; }
static NI u64 k_fpconv(long n){ u64 s=0; double x=0.5; start(); for(long i=0;i<n;i++){ x=x*1.0000001+(double)(int)(i&1023); if(x>1e6) x-=999999.0; s+=(u64)(int64_t)x; s^=(u32)(int)floor(x); float f=(float)x; s+=f<x; } return s; }
static NI __attribute__((optimize("O3"))) void vadd(int*restrict a,const int*restrict b,const int*restrict c,int n){ for(int i=0;i<n;i++){ int t=b[i]*3+c[i]; t^=t>>5; a[i]=t>a[i]?t:a[i]; } }
static NI u64 k_vec_i32(long n){ static int a[4096],b[4096],c[4096]; for(int i=0;i<4096;i++){ a[i]=i; b[i]=i*77; c[i]=-i*13; } start(); while(n--){ vadd(a,b,c,4096); b[n&4095]+=a[n&4095]; } u64 s=0; for(int i=0;i<4096;i++) s=s*31+(u32)a[i]; return s; }
static NI __attribute__((optimize("O3"))) void vaxpy(double*restrict y,const double*restrict x,double k,int n){ for(int i=0;i<n;i++) y[i]=y[i]*0.999+k*x[i]; }
static NI u64 k_vec_f64(long n){ static double y[4096],x[4096]; for(int i=0;i<4096;i++){ x[i]=i*0.5; y[i]=i; } start(); while(n--) vaxpy(y,x,0.25,4096); return dbits(y[1234]); }
static NI __attribute__((optimize("O3"))) void vbyte(u8*restrict d,const u8*restrict s,int n){ for(int i=0;i<n;i++){ u8 c=s[i]; d[i]=(c>='a'&&c<='z')?c-32:c; } }
static NI u64 k_vec_u8(long n){ static u8 s[8192],d[8192]; rs=9; for(int i=0;i<8192;i++) s[i]=rnd(); start(); while(n--){ vbyte(d,s,8192); s[n&8191]+=d[0]; } u64 h=0; for(int i=0;i<8192;i++) h=h*31+d[i]; return h; }
static NI u64 k_syscall(long n){ u64 s=0; start(); while(n--) s|=syscall(SYS_getppid); return s!=0; }
static volatile int sigs; static void onsig(int x){ (void)x; sigs++; }
static NI u64 k_signal(long n){ sigs=0; signal(SIGUSR1,onsig); start(); while(n--) raise(SIGUSR1); return sigs; }
static NI u64 k_pipe(long n){ int a[2],b[2]; char c=0; if(pipe(a)||pipe(b)) abort(); fflush(stdout); pid_t p=fork(); if(!p){ while(read(a[0],&c,1)==1&&c!='q') if(write(b[1],&c,1)!=1) break; _exit(0); }
  u64 s=0; start(); while(n--){ c='x'; if(write(a[1],&c,1)!=1||read(b[0],&c,1)!=1) abort(); s++; } double e=now()-t0_; c='q'; if(write(a[1],&c,1)!=1) abort(); waitpid(p,0,0); close(a[0]);close(a[1]);close(b[0]);close(b[1]); t0_=now()-e; return s; }
static NI u64 k_forkexec(long n){ u64 s=0; fflush(stdout); start(); while(n--){ int st; pid_t p=fork(); if(!p){ execl("/proc/self/exe","pbench","_nop",(char*)0); _exit(99); } waitpid(p,&st,0); s+=WEXITSTATUS(st)==7; } return s; }
static NI u64 k_fork(long n){ u64 s=0; fflush(stdout); start(); while(n--){ int st; pid_t p=fork(); if(!p) _exit(7); waitpid(p,&st,0); s+=WEXITSTATUS(st)==7; } return s; }
static NI u64 k_mmap(long n){ long ps=sysconf(_SC_PAGESIZE); size_t len=(size_t)16<<20; u64 s=0; start(); while(n--){ u8*p=mmap(0,len,PROT_READ|PROT_WRITE,MAP_PRIVATE|MAP_ANONYMOUS,-1,0); if(p==MAP_FAILED) abort(); madvise(p,len,MADV_NOHUGEPAGE); for(size_t i=0;i<len;i+=ps){ p[i]=1; s++; } munmap(p,len); } return s*ps; }
static NI u64 k_mprot(long n){ long ps=sysconf(_SC_PAGESIZE); u8*p=mmap(0,ps*4,PROT_READ|PROT_WRITE,MAP_PRIVATE|MAP_ANONYMOUS,-1,0); p[0]=p[ps]=1; u64 s=0; start(); while(n--){ mprotect(p,ps*2,PROT_READ); s+=p[0]; mprotect(p,ps*2,PROT_READ|PROT_WRITE); p[0]=1; } munmap(p,ps*4); return s; }
static NI u64 k_atomics(long n){ static u64 x; static u32 y; x=y=0; start(); while(n--){ __atomic_fetch_add(&x,3,__ATOMIC_SEQ_CST); u32 e=__atomic_load_n(&y,__ATOMIC_ACQUIRE); __atomic_compare_exchange_n(&y,&e,e+1,0,__ATOMIC_ACQ_REL,__ATOMIC_RELAXED); } return x^y; }
struct ta{ long n; u64 r; }; static u64 shared; static pthread_mutex_t mx=PTHREAD_MUTEX_INITIALIZER;
static void*thr(void*v){ struct ta*t=v; u64 x=88172645463325252ull; for(long i=0;i<t->n;i++){ x^=x<<13; x^=x>>7; x^=x<<17; if(!(i&255)) __atomic_fetch_add(&shared,1,__ATOMIC_SEQ_CST); if(!(i&4095)){ pthread_mutex_lock(&mx); __atomic_fetch_add(&shared,1,__ATOMIC_RELAXED); pthread_mutex_unlock(&mx); } } t->r=x; return 0; }
static NI u64 k_threads(long n){ pthread_t p[2]; struct ta t[2]={{n,0},{n,0}}; shared=0; start(); for(int i=0;i<2;i++) if(pthread_create(&p[i],0,thr,&t[i])) abort(); for(int i=0;i<2;i++) pthread_join(p[i],0); return t[0].r*3^t[1].r^shared; }

static struct { const char*name; u64(*fn)(long); long n; } T[]={
#include "sizes.h"
};
#define NT ((int)(sizeof T/sizeof*T))
int main(int c,char**v){ if(c>1&&!strcmp(v[1],"_nop")) _exit(7);
  int reps=1,i=1; double sc=1; setvbuf(stdout,0,_IOLBF,0);
  for(;i+1<c&&v[i][0]=='-';i+=2){ if(v[i][1]=='r') reps=atoi(v[i+1]); else if(v[i][1]=='s') sc=atof(v[i+1]); }
  if(i>=c){ fprintf(stderr,"usage: pbench [-r reps] [-s scale] all|list|name...\n"); return 2; }
  for(int k=0;k<NT;k++){ int want=0; for(int j=i;j<c;j++) if(!strcmp(v[j],"all")||!strcmp(v[j],T[k].name)) want=1; else if(!strcmp(v[j],"list")) want=2;
    if(want==2){ printf("%s %ld\n",T[k].name,T[k].n); continue; } if(!want) continue;
    double best=1e9; u64 ck=0; long n=T[k].n*sc; if(n<1) n=1; for(int r=0;r<reps;r++){ ck=T[k].fn(n); double t=now()-t0_; if(t<best) best=t; }
    printf("%s %.4f %016llx\n",T[k].name,best,(unsigned long long)ck); }
  return 0; }
