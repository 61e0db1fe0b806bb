"""Figures of lesson 9 in numpy, float64: reference_inputs.py QUANTSCOPE_CLI
The demo model restated, over the first 4096 tokens of both built-in texts, up to the feed-forward layer of block 1.
The figures stand in tests/app/tst_lesson_facts.cpp (activations)."""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

MODELS = Path(__file__).parents[2] / "resources/models"
sys.path.insert(0, str(MODELS / "training"))
import gguf  # noqa: E402
import numpy as np  # noqa: E402


def ask(*arguments):
    return json.loads(subprocess.run([sys.argv[1], *arguments, "--json"], capture_output=True, text=True, check=True).stdout)


def documents(kind):
    """Tokens of every document, each after BOS."""
    if kind == "prose":
        return [[1] + ask("tokenize", "demo", (MODELS / "calibration/prose.txt").read_text())["tokens"]]
    result = []
    with tempfile.NamedTemporaryFile("w+", suffix=".json") as chat:
        for line in (MODELS / "calibration/conversations.jsonl").read_text().splitlines():
            chat.seek(0), chat.truncate(), json.dump(json.loads(line)["messages"], chat), chat.flush()
            prompt = ask("template", "demo", chat.name)["prompt"]
            result.append([1] + ask("tokenize", "demo", prompt, "--special")["tokens"])
    return result


T=gguf.read_tensors(MODELS / "demo.gguf")
T={k:v.astype(np.float64) for k,v in T.items()}
M=gguf.read_metadata(MODELS / "demo.gguf")
EPS=float(M['llama.attention.layer_norm_rms_epsilon'])
H,KV,D=8,4,32

def norm(x,g): return x/np.sqrt((x*x).mean(-1,keepdims=True)+EPS)*g
def rope(x):
    n=x.shape[1]; f=10000.0**(-np.arange(D//2)*2/D); a=np.arange(n)[:,None]*f
    c,s=np.cos(a)[None,:,None],np.sin(a)[None,:,None]; o=np.empty_like(x)
    e,q=x[...,0::2],x[...,1::2]; o[...,0::2]=e*c-q*s; o[...,1::2]=e*s+q*c; return o
def forward(w,mul=None):
    """mul(name,x): product; returns logits and inputs by weight"""
    seen={}
    def m(name,x):
        seen[name]=x.reshape(-1,x.shape[-1])
        return x@T[name].T if mul is None else mul(name,x)
    x=T['token_embd.weight'][w]; n=w.shape[1]; mask=np.triu(np.full((n,n),-np.inf),1)
    for b in range(6):
        p=f'blk.{b}.'; h=norm(x,T[p+'attn_norm.weight'])
        q=rope(m(p+'attn_q.weight',h).reshape(*w.shape,H,D)); k=rope(m(p+'attn_k.weight',h).reshape(*w.shape,KV,D)); v=m(p+'attn_v.weight',h).reshape(*w.shape,KV,D)
        k=np.repeat(k,H//KV,2); v=np.repeat(v,H//KV,2)
        s=np.einsum('bihd,bjhd->bhij',q,k)/np.sqrt(D)+mask; s=np.exp(s-s.max(-1,keepdims=True)); s/=s.sum(-1,keepdims=True)
        a=np.einsum('bhij,bjhd->bihd',s,v).reshape(*w.shape,H*D); x=x+m(p+'attn_output.weight',a)
        h=norm(x,T[p+'ffn_norm.weight']); g=m(p+'ffn_gate.weight',h); u=m(p+'ffn_up.weight',h)
        x=x+m(p+'ffn_down.weight',g/(1+np.exp(-g))*u)
    return norm(x,T['output_norm.weight'])@T['token_embd.weight'].T, seen

def windows(kind):
    a=sum(documents(kind),[])
    w=[a[i*512:(i+1)*512] for i in range(min(8,len(a)//512))]
    for x in w: x[0]=1
    return np.array(w)
class Done(Exception): pass
X={}
for k in ('demo','prose'):
    seen={}
    def mul(n,x):
        seen[n]=x.reshape(-1,x.shape[-1])
        if n=='blk.1.ffn_down.weight': raise Done
        return x@T[n].T
    try: forward(windows(k),mul)
    except Done: pass
    X[k]=seen
L='blk.1.ffn_down.weight'; W=T[L]; x=X['demo'][L]; p=X['prose'][L]; m=abs(x).max(0); tm=abs(x).max(1); w=abs(W).max(0); c=m.argmax()
print('largest',m.max(),'low',x.min(),'high',x.max(),'usual',np.median(m),'ratio',m.max()/np.median(m),'tok100',tm[100],'tokmed',np.median(tm),flush=True)
s=(x.max()-x.min())/255; sp=(p.max()-p.min())/255; z=np.round(-128-p.min()/sp)
cl=((x<(-128.5-z)*sp)|(x>(127.5-z)*sp)).any(1).sum()
print('static',s,'prose',sp,p.min(),p.max(),'over',s/(np.median(tm)/127),'clipped',cl,100*cl/4096,flush=True)
print('factor',np.sqrt(m[c]/w[c]),'w',w[c])
for a in (.5,.8):
    sc=m**a/w**(1-a); print(a,'in',(m/sc).max()/np.median(m/sc),'w',(w*sc).max()/np.median(w*sc))
q=np.sort(abs(X['demo']['blk.1.attn_q.weight']).max(0))[::-1]; print('q',(q>=6).sum(),(q>=3).sum(),q[25],flush=True)
f=np.float32
def err(y): return 100*np.linalg.norm(y-r)/np.linalg.norm(r)
def qw(V): t=abs(V).max(1,keepdims=True)/127; return np.round(V/t)*t
def dyn(v): t=abs(v).max(1,keepdims=True)/127; return np.round(v/t)*t
def st(v,lo,hi): t=(hi-lo)/255; z=np.round(-128-lo/t); return (np.clip(np.round(v/t)+z,-128,127)-z)*t
r=x@W.T; W8=qw(W)
print('w8',err(x@W8.T),'dyn',err(dyn(x)@W8.T),'static',err(st(x,x.min(),x.max())@W8.T),'prose',err(st(x,p.min(),p.max())@W8.T),flush=True)
for a in (.5,.6,.7):
    sc=m**a/w**(1-a); print('smooth',a,err(dyn(x/sc)@qw(W*sc).T))
