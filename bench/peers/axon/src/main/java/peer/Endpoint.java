package peer;

import java.util.Map;
import org.axonframework.commandhandling.gateway.CommandGateway;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** One command for each request, answered when its event is committed. */
@RestController
public class Endpoint {

    private final CommandGateway gateway;
    private final String envelope;

    Endpoint(CommandGateway gateway, @Value("${PEER_ENVELOPE}") String envelope) {
        this.gateway = gateway;
        this.envelope = envelope;
    }

    @GetMapping("/health/ready")
    void ready() {}

    @PostMapping("/v1/episodes/{episode}/assessments")
    @ResponseStatus(HttpStatus.CREATED)
    Map<String, Long> assess(@PathVariable String episode, @RequestBody Map<String, Object> assessment) {
        return Map.of("version", gateway.<Long>sendAndWait(new Assess(episode, assessment, envelope)));
    }
}
