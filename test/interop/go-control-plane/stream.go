package main

import (
	"strings"
	"sync"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	rpcstatus "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// streams are the discovery streams that are open.
type streams struct {
	journal *journal
	mu      sync.Mutex
	lastID  int64
	open    map[*stream]struct{}
}

func newStreams(j *journal) *streams {
	return &streams{journal: j, open: map[*stream]struct{}{}}
}

// intercept records a stream and lets endAll end it. The snapshot cache's own callbacks would not do: by the time they are called, the
// server has copied the node of the first request into all that follow.
func (s *streams) intercept(service any, plain grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	recorded := s.add(plain)
	defer s.remove(recorded)
	handled := make(chan error, 1)
	go func() { handled <- handle(service, recorded) }()
	select {
	case err := <-handled:
		return err
	case <-recorded.ended:
		// Returning ends the stream, and so the handler's next read.
		return status.Error(codes.Unavailable, "ended by the test")
	}
}

// endAll ends every open stream with UNAVAILABLE; connections stay. It returns how many there were.
func (s *streams) endAll() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	ended := len(s.open)
	for open := range s.open {
		close(open.ended)
		delete(s.open, open)
	}
	return ended
}

func (s *streams) add(plain grpc.ServerStream) *stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID++
	added := &stream{ServerStream: plain, id: s.lastID, journal: s.journal, ended: make(chan struct{})}
	s.open[added] = struct{}{}
	s.journal.write(streamChange{Event: "opened", Stream: added.id})
	return added
}

func (s *streams) remove(gone *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, gone)
	s.journal.write(streamChange{Event: "closed", Stream: gone.id})
}

// stream records the messages that pass through it.
type stream struct {
	grpc.ServerStream
	id      int64
	journal *journal
	ended   chan struct{}
}

func (s *stream) RecvMsg(message any) error {
	if err := s.ServerStream.RecvMsg(message); err != nil {
		return err
	}
	switch r := message.(type) {
	case *discovery.DiscoveryRequest:
		s.journal.write(request{
			Event:   "request",
			AtMs:    s.journal.nowMs(),
			Stream:  s.id,
			Type:    shortType(r.GetTypeUrl()),
			Version: r.GetVersionInfo(),
			Nonce:   r.GetResponseNonce(),
			Names:   r.GetResourceNames(),
			Error:   errorOf(r.GetErrorDetail()),
			Node:    idOf(r.GetNode()),
		})
	case *discovery.DeltaDiscoveryRequest:
		s.journal.write(request{
			Event:           "request",
			AtMs:            s.journal.nowMs(),
			Stream:          s.id,
			Delta:           true,
			Type:            shortType(r.GetTypeUrl()),
			Nonce:           r.GetResponseNonce(),
			Subscribe:       r.GetResourceNamesSubscribe(),
			Unsubscribe:     r.GetResourceNamesUnsubscribe(),
			InitialVersions: r.GetInitialResourceVersions(),
			Error:           errorOf(r.GetErrorDetail()),
			Node:            idOf(r.GetNode()),
		})
	}
	return nil
}

func (s *stream) SendMsg(message any) error {
	switch r := message.(type) {
	case *discovery.DiscoveryResponse:
		s.journal.write(response{
			Event:   "response",
			Stream:  s.id,
			Type:    shortType(r.GetTypeUrl()),
			Version: r.GetVersionInfo(),
			Nonce:   r.GetNonce(),
			Count:   len(r.GetResources()),
		})
	case *discovery.DeltaDiscoveryResponse:
		s.journal.write(response{
			Event:   "response",
			Stream:  s.id,
			Delta:   true,
			Type:    shortType(r.GetTypeUrl()),
			Version: r.GetSystemVersionInfo(),
			Nonce:   r.GetNonce(),
			Count:   len(r.GetResources()),
		})
	}
	return s.ServerStream.SendMsg(message)
}

// shortType is the last part of a type URL: "Listener", "ClusterLoadAssignment".
func shortType(url string) string {
	return url[strings.LastIndexByte(url, '.')+1:]
}

func errorOf(detail *rpcstatus.Status) *string {
	if detail == nil {
		return nil
	}
	message := detail.GetMessage()
	return &message
}

func idOf(node *core.Node) *string {
	if node == nil {
		return nil
	}
	id := node.GetId()
	return &id
}
