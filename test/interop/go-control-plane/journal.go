package main

import (
	"encoding/json"
	"io"
	"sync"
	"time"
)

// listening is the first line: where the server can be reached.
type listening struct {
	Event string `json:"event"`
	XDS   string `json:"xds"`
	Admin string `json:"admin"`
}

// streamChange tells that a stream was opened or closed.
type streamChange struct {
	Event  string `json:"event"`
	Stream int64  `json:"stream"`
}

// connectionRefused tells of one connection that the gate reset, AtMs milliseconds after the start.
type connectionRefused struct {
	Event string `json:"event"`
	AtMs  int64  `json:"atMs"`
}

// request is one request as it came over the wire, AtMs milliseconds after the start. Node is the node's id, null when the request carried no node; Error is null when the
// request carried no error_detail. Names are those of a state-of-the-world request; the other lists belong to delta.
type request struct {
	Event           string            `json:"event"`
	AtMs            int64             `json:"atMs"`
	Stream          int64             `json:"stream"`
	Delta           bool              `json:"delta"`
	Type            string            `json:"type"`
	Version         string            `json:"version"`
	Nonce           string            `json:"nonce"`
	Names           []string          `json:"names"`
	Subscribe       []string          `json:"subscribe,omitempty"`
	Unsubscribe     []string          `json:"unsubscribe,omitempty"`
	InitialVersions map[string]string `json:"initialVersions,omitempty"`
	Error           *string           `json:"error"`
	Node            *string           `json:"node"`
}

// response is the head of one response as it went over the wire.
type response struct {
	Event   string `json:"event"`
	Stream  int64  `json:"stream"`
	Delta   bool   `json:"delta"`
	Type    string `json:"type"`
	Version string `json:"version"`
	Nonce   string `json:"nonce"`
	Count   int    `json:"count"`
}

// journal writes JSON lines and keeps the requests among them.
type journal struct {
	started  time.Time
	mu       sync.Mutex
	lines    *json.Encoder
	requests []request
}

func newJournal(out io.Writer) *journal {
	return &journal{started: time.Now(), lines: json.NewEncoder(out), requests: []request{}}
}

func (j *journal) write(line any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if r, ok := line.(request); ok {
		j.requests = append(j.requests, r)
	}
	j.lines.Encode(line)
}

// nowMs is the time since the start.
func (j *journal) nowMs() int64 {
	return time.Since(j.started).Milliseconds()
}

func (j *journal) allRequests() []request {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]request{}, j.requests...)
}
