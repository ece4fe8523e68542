#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""runvm.py OUT.tsv -- CMD...   run a VMM, stamp each console line with wall time since spawn and
CPU seconds (user+sys of CMD) since the previous line.  columns: wall cpu_delta line"""
import sys,os,subprocess,time
out=open(sys.argv[1],'w'); cmd=sys.argv[sys.argv.index('--')+1:]
H=os.sysconf('SC_CLK_TCK'); t0=time.monotonic()
p=subprocess.Popen(cmd,stdin=subprocess.DEVNULL,stdout=subprocess.PIPE,stderr=subprocess.STDOUT)
def cpu():
    try: f=open('/proc/%d/stat'%p.pid).read().rsplit(')',1)[1].split(); return (int(f[11])+int(f[12]))/H
    except Exception: return float('nan')
last=0.0
for l in iter(p.stdout.readline,b''):
    c=cpu(); s='%.3f\t%.2f\t%s'%(time.monotonic()-t0,c-last,l.decode(errors='replace').strip()); last=c
    print(s,file=out,flush=True); print(s,flush=True)
p.wait(); print('rc',p.returncode,'wall %.2f'%(time.monotonic()-t0))
