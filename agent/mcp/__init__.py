"""The door for AI agents: the lake as a server of the Model Context Protocol.

tools      what an agent calls: each is a method, its signature the definition that agents are given
callers    as whom: bound at launch, or by the token of the request
data       text in which nothing that a table holds can pose as anything else
"""
