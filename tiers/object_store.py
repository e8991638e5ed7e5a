import os
from pathlib import Path
from dataclasses import dataclass
from ..core.errors import NotFound
@dataclass
class Info: key:str; size:int=0
class ObjectStore:
    def __init__(self, root): self.root=Path(root); self.url='file://'+str(root)
    def put(self,key,data,create_only=False):
        p=self.root/key; p.parent.mkdir(parents=True,exist_ok=True); p.write_bytes(data)
    def get(self,key):
        try: return (self.root/key).read_bytes()
        except FileNotFoundError: raise NotFound(key)
    def list(self,prefix): return [Info(str(p.relative_to(self.root))) for p in sorted((self.root/prefix).rglob('*')) if p.is_file()]
    def local_path(self,key): return self.root/key
    def location(self,key): return self.url+'/'+key
    def key_of(self,loc): assert loc.startswith(self.url+'/'),loc; return loc[len(self.url)+1:]
