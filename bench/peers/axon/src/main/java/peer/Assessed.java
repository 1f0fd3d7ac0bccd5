package peer;

import java.util.Map;

/** The event. The envelope stands for what ours keeps of each, so that both are as large when stored. */
public record Assessed(String episode, Map<String, Object> assessment, String envelope) {}
