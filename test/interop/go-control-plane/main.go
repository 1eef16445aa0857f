// Command go-control-plane is the control plane of the interop tests: envoyproxy/go-control-plane's snapshot cache behind its aggregated
// discovery service (state of the world and delta), with one snapshot for every node. Tests set the snapshot and disturb the streams over
// an admin interface (see admin.go), and read what went over the wire from JSON lines on standard output (see journal.go).
//
// It binds loopback only, on free ports that its first line names, and ends when its standard input does: a test that dies takes it along.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
)

const anyFreePort = "127.0.0.1:0"

// everyNode gives all nodes the same snapshot.
type everyNode struct{}

func (everyNode) ID(*core.Node) string { return "" }

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "go-control-plane:", err)
		os.Exit(1)
	}
}

func run() error {
	journal := newJournal(os.Stdout)
	streams := newStreams(journal)
	snapshots := cache.NewSnapshotCache(false, everyNode{}, nil)

	xdsListener, err := net.Listen("tcp", anyFreePort)
	if err != nil {
		return err
	}
	gate := newGate(xdsListener, journal)
	adminListener, err := net.Listen("tcp", anyFreePort)
	if err != nil {
		return err
	}

	xds := grpc.NewServer(
		grpc.StreamInterceptor(streams.intercept),
		// Clients of the tests may ping more often than a production server would allow.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: time.Second, PermitWithoutStream: true}),
	)
	discovery.RegisterAggregatedDiscoveryServiceServer(xds, server.NewServer(context.Background(), snapshots, nil))

	failed := make(chan error, 2)
	go func() { failed <- xds.Serve(gate) }()
	go func() { failed <- http.Serve(adminListener, adminHandler(snapshots, streams, gate, journal)) }()
	journal.write(listening{
		Event: "listening",
		XDS:   xdsListener.Addr().String(),
		Admin: adminListener.Addr().String(),
	})

	parentGone := make(chan struct{})
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(parentGone)
	}()
	select {
	case err := <-failed:
		return err
	case <-parentGone:
		return nil
	}
}
